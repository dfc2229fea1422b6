"""Rate-distortion-optimised levels: what the weight of the rate does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surp import codec
from surp.quantize.bits import bits_of, classes_of, total_bits
from surp.quantize.quantizers.rdo_uniform import Parameters, quantize

pytestmark = pytest.mark.kernels

STATE = {
    "conv": np.random.default_rng(1).laplace(size=(8, 4, 3, 3)).astype(np.float32),
    "fc": np.random.default_rng(0).laplace(size=(50, 60)).astype(np.float32),
}


def squared(quantized):
    values = quantized.state()
    return sum(float(((values[name] - STATE[name]) ** 2).sum()) for name in STATE)


@pytest.mark.parametrize("step", [0.2, 0.7, 2.0])
def test_without_a_weight_on_rate_it_rounds_to_the_nearest(step):
    quantized = quantize(STATE, Parameters(step_rel=step, rate_weight=0))
    for name, tensor in STATE.items():
        expected = np.rint(tensor.astype(np.float64) / quantized.maps[name].step)
        np.testing.assert_array_equal(quantized.levels[name], expected)


@pytest.mark.parametrize("step", [0.2, 0.7, 2.0])
def test_more_weight_on_rate_never_means_a_larger_file_or_less_distortion(step):
    weights = (0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
    found = [quantize(STATE, Parameters(step_rel=step, rate_weight=w, point="mean")) for w in weights]
    sizes = [len(codec.encode(quantized)) for quantized in found]
    assert sizes == sorted(sizes, reverse=True)
    assert all(after >= before for before, after in pairwise(map(squared, found)))


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=6),
        elements=st.floats(-1e6, 1e6, width=32).map(lambda x: x if abs(x) > 1e-3 else 0.0),
    ),
    st.floats(0, 2),
)
@settings(deadline=None, max_examples=50)
def test_any_tensor_survives_coder_with_its_zeros_and_signs(tensor, weight):
    quantized = quantize({"w": tensor}, Parameters(rate_weight=weight))
    values = codec.open(codec.encode(quantized)).state()["w"]
    np.testing.assert_array_equal(values, quantized.state()["w"])
    assert (np.sign(values) * np.sign(tensor) >= 0).all()
    assert (values[tensor == 0] == 0).all()


def test_modelled_bits_are_near_those_of_the_coder():
    levels = np.rint(np.random.default_rng(2).laplace(scale=1.5, size=(200, 300))).astype(np.int32)
    levels[:, ::3] = 0
    classes = classes_of(levels)
    modelled = total_bits(levels, classes, bits_of(levels, classes))
    coded = 8 * len(codec.encode_levels({"w": levels}))
    assert abs(modelled - coded) < 0.03 * coded
