"""Codebooks: few values, zeros that stay, and centroids that training images improve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tiny_network import calibration, loss, tiny

from surp import codec
from surp.models import get_state
from surp.quantize.quantizers.codebook import Parameters, quantize


def model(dtype="float32"):
    rng = np.random.default_rng(0)
    sparse = rng.laplace(size=(20, 30))
    sparse[rng.random(sparse.shape) < 0.7] = 0
    return {
        "conv": rng.laplace(size=(6, 3, 3, 3)).astype(dtype),
        "fc": sparse.astype(dtype),
        "zero": np.zeros((3, 2), dtype=dtype),
        "empty": np.zeros((0, 2), dtype=dtype),
    }


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("clusters", [2, 5, 16])
def test_a_tensor_has_at_most_so_many_values_and_its_zeros_stay(dtype, clusters):
    state = model(dtype)
    found = quantize(state, Parameters(clusters=clusters, clusters_conv=clusters + 3, epochs=0)).state()
    assert len(np.unique(found["fc"][state["fc"] != 0])) <= clusters
    assert len(np.unique(found["conv"])) <= clusters + 3
    for name, tensor in state.items():
        assert (found[name][tensor == 0] == 0).all()
        assert found[name].dtype == dtype


def test_every_survivor_is_at_the_nearest_centroid_and_that_is_its_members_mean():
    state = {"w": np.random.default_rng(1).normal(size=(40, 50))}
    values = quantize(state, Parameters(clusters=6, epochs=0)).state()["w"]
    centroids = np.unique(values)
    precision = 1.01 * np.abs(centroids).max() / 2**12
    nearest = centroids[np.abs(state["w"][..., None] - centroids).argmin(-1)]
    assert (values == nearest).mean() > 0.995  # the last iteration moved centroids after it assigned members
    for centroid in centroids:
        assert abs(state["w"][values == centroid].mean() - centroid) <= precision + 1e-3


def test_more_clusters_mean_less_distortion():
    state = model()
    found = [quantize(state, Parameters(clusters=k, epochs=0)).state()["fc"] for k in (2, 4, 8, 16, 32)]
    errors = [float(((values - state["fc"]) ** 2).sum()) for values in found]
    assert errors == sorted(errors, reverse=True)


def test_tuning_lowers_the_loss():
    network = tiny(epochs=20)
    asked, state = calibration(network), get_state(network)
    settings = [{"epochs": 0}, {"epochs": 10, "learning_rate": 0.01}]
    tried = [Parameters(clusters=3, clusters_conv=3, **each) for each in settings]
    losses = [loss(network, quantize(state, parameters, asked).state()) for parameters in tried]
    assert losses[1] < 0.9 * losses[0]


def test_levels_are_never_negative_so_that_no_signs_are_coded():
    assert all(level.min(initial=0) >= 0 for level in quantize(model(), Parameters(epochs=0)).levels.values())


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
        elements=st.floats(-1e6, 1e6, width=32).map(lambda x: x if abs(x) > 1e-3 else 0.0),
    ),
    st.integers(2, 20),
)
@settings(deadline=None, max_examples=50)
def test_any_tensor_survives_the_coder(tensor, clusters):
    quantized = quantize({"w": tensor}, Parameters(clusters=clusters, epochs=0, tensors="all"))
    values = codec.open(codec.encode(quantized)).state()["w"]
    np.testing.assert_array_equal(values, quantized.state()["w"])
    assert (values[tensor == 0] == 0).all()


def test_few_distinct_values_are_nearly_exact():
    state = {"w": np.array([[0.25, -3.0], [0.25, 1.7]])}
    np.testing.assert_allclose(quantize(state, Parameters(epochs=0)).state()["w"], state["w"], atol=3 / 2**11)
