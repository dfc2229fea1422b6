"""The description in passes: hits as bits, and every prefix a valid coarser model."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surp.errors import ParameterError
from surp.prune.ranked import largest
from surp.quantize.points import offsets
from surp.quantize.quantizers.successive import Parameters, quantize
from surp.tensors.layout import flatten
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap

pytestmark = pytest.mark.kernels

RATIOS = (128, 160, 200, 230)


def model(seed=0):
    rng = np.random.default_rng(seed)
    return {"a": rng.laplace(0, 2, (30, 20)), "b": rng.laplace(0, 0.1, (40, 10)), "bias": rng.laplace(size=5)}


def hits_pass_by_pass(unit, ratio, passes):
    """Bits of the magnitude by the definition: a scan for each threshold."""
    rest, magnitudes = unit.copy(), np.zeros(unit.shape, dtype=np.int64)
    for j in range(passes - 1, -1, -1):
        hit = rest >= (256 / ratio) ** j
        rest[hit] -= (256 / ratio) ** j
        magnitudes += hit.astype(np.int64) << j
    return magnitudes, rest


def prefix(quantized, passes):
    """The model that the first passes tell, each value at its interval's lower end; all passes are the whole."""
    shift = quantized.passes - passes
    if shift == 0:
        return quantized
    levels, maps = dict(quantized.levels), dict(quantized.maps)
    for name in quantized.embedded:
        fine, level = maps[name], levels[name]
        levels[name] = np.sign(level) * (np.abs(level) >> shift)
        maps[name] = LevelMap(fine.step * (256 / fine.ratio) ** shift, fine.ratio)
    return Quantized(levels, maps, quantized.dtypes, quantized.quantizer, passes, quantized.embedded)


@pytest.mark.parametrize("ratio", RATIOS)
def test_magnitudes_are_the_hits_of_a_scan_for_each_threshold(ratio):
    state = model()
    quantized = quantize(state, Parameters(ratio=ratio))
    for name in ("a", "b"):
        unit = np.abs(state[name]) / quantized.maps[name].step
        magnitudes, rest = hits_pass_by_pass(unit, ratio, quantized.passes)
        np.testing.assert_array_equal(quantized.levels[name], np.sign(state[name]) * magnitudes)
        assert ((rest >= 0) & (rest < 1)).all()


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("scale", ["norm", "tensor"])
def test_every_prefix_of_passes_is_sparser_and_coarser(ratio, scale):
    state = model()
    quantized = quantize(state, Parameters(ratio=ratio, scale=scale))
    zeros, distortions = [], []
    for passes in range(1, quantized.passes + 1):
        cut = prefix(quantized, passes)
        values = cut.state()
        assert cut.passes == passes
        assert max(int(np.abs(cut.levels[name]).max()).bit_length() for name in cut.embedded) <= passes
        zeros.append(sum((values[name] == 0).sum() for name in cut.embedded))
        distortions.append(sum(np.abs(values[name] - state[name]).sum() for name in cut.embedded))
    assert zeros == sorted(zeros, reverse=True)
    assert distortions == sorted(distortions, reverse=True)


@given(
    st.lists(st.one_of(st.sampled_from([0.0, 1.0, 3.0]), st.floats(1e-3, 1e3)), min_size=1, max_size=30),
    st.floats(0.05, 3),
)
@settings(deadline=None, max_examples=100)
def test_distortion_never_rises_with_a_pass_on_any_weights(weights, step):
    tensor = np.array([weights])
    quantized = quantize({"w": tensor}, Parameters(step_rel=step))
    found = [np.abs(prefix(quantized, k).state()["w"] - tensor).sum() for k in range(1, quantized.passes + 1)]
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(found))


@pytest.mark.parametrize("count", [1, 50, 700, 999])
def test_the_kth_magnitude_as_last_threshold_keeps_norm_scaled_magnitude(count):
    state = {name: tensor for name, tensor in model().items() if tensor.ndim > 1}
    vector, _ = flatten(state)
    magnitudes = np.sort(np.abs(vector))[::-1]
    last = float((magnitudes[count - 1] + magnitudes[count]) / 2)  # between two, so that rounding cannot decide
    described, _ = flatten({k: v.astype(float) for k, v in quantize(state, Parameters(last=last)).levels.items()})
    np.testing.assert_array_equal(described != 0, largest(np.abs(vector), count))


def test_only_matrices_are_embedded_unless_all_tensors_take_part():
    assert quantize(model(), Parameters()).embedded == ("a", "b")
    assert quantize(model(), Parameters(tensors="all")).embedded == ("a", "b", "bias")


def test_a_ratio_that_takes_too_many_passes_is_refused():
    with pytest.raises(ParameterError, match=r"more than 31 passes.*got ratio 255"):
        quantize(model(), Parameters(ratio=255, step_rel=0.05))


def test_an_absolute_threshold_needs_normalised_weights():
    with pytest.raises(ParameterError, match="q: last is a threshold of normalised weights"):
        Parameters.parse({"last": 0.01, "scale": "tensor"}, "q")


def test_offsets_are_conditional_medians_in_256ths():
    rest = np.array([0.9, 0.25, 0.25, 0.75, 0.5, 0.125, 0.125])
    magnitudes = np.array([0, 1, 1, 1, 3, 4, 5], dtype=np.int32)
    assert offsets(rest, magnitudes, "median") == (64, 0, 32)
    assert offsets(rest, magnitudes, "mean") == (106, 0, 64)
    assert offsets(rest, magnitudes, "lower") == ()
