"""The uniform quantizer's dead zone, and its promise to survivors."""

from __future__ import annotations

import numpy as np

from surp.quantize.quantizers.uniform import Parameters, quantize

STATE = {"w": np.random.default_rng(0).laplace(size=(50, 60)).astype(np.float32)}


def test_rounding_at_one_half_takes_the_nearest_level():
    quantized = quantize(STATE, Parameters(rounding=0.5, point="lower"))
    error = np.abs(quantized.maps["w"].values(quantized.levels["w"]) - STATE["w"])
    assert error.max() <= quantized.maps["w"].step / 2 * (1 + 1e-9)


def test_less_rounding_means_more_zeros():
    zeros = [int((quantize(STATE, Parameters(rounding=r)).levels["w"] == 0).sum()) for r in (0.5, 0.4, 0.2, 0.0)]
    assert zeros == sorted(zeros)
    assert len(set(zeros)) == 4


def test_kept_survivors_are_never_zero():
    state = {"w": np.where(np.abs(STATE["w"]) > 0.05, STATE["w"], 0), "v": np.array(1e-3)}
    dropped = quantize(state, Parameters(step_rel=2, tensors="all"))
    kept = quantize(state, Parameters(step_rel=2, tensors="all", keep_survivors=True))
    assert (dropped.levels["w"] != 0).sum() < (state["w"] != 0).sum()
    for name, tensor in state.items():
        np.testing.assert_array_equal(kept.state()[name] != 0, tensor != 0)


def test_the_step_is_relative_to_the_mean_survivor_of_its_tensor():
    state = {"w": np.array([[0, 1.0], [-3, 0]]), "v": np.array([[0.25, 0]])}
    steps = {
        name: m.step
        for name, m in quantize(state, Parameters(step_rel=0.5, scale="tensor", tensors="all")).maps.items()
    }
    assert steps == {"v": 0.125, "w": 1.0}


def test_one_step_of_normalised_weights_follows_the_norms():
    state = {"w": np.array([[3.0, 4.0]]), "v": np.array([[0.6, 0.8]])}
    maps = quantize(state, Parameters(scale="norm", tensors="all")).maps
    np.testing.assert_allclose(maps["w"].step / maps["v"].step, 5, rtol=8e-3)
    np.testing.assert_allclose(maps["w"].step, 0.5 * 0.7 * 5, rtol=4e-3)
