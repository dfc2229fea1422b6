"""Error feedback with weights on inputs and outputs, and what it does for a network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_network import calibration, images, loss, tiny

from surp.models import get_state
from surp.quantize.feedback import ready
from surp.quantize.kronecker import LayerProblem, solve, triangle
from surp.quantize.quantizers.hessian import Parameters, quantize
from surp.train.calibration import Calibration

pytestmark = pytest.mark.kernels


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    ready()


def correlated(size, rng):
    mix = rng.normal(size=(size, size))
    return mix @ mix.T / size + 0.01 * np.eye(size)


def problem(rng, rows=8, columns=12, rate=0.0, inputs=None, outputs=None):
    target = rng.normal(size=(rows, columns))
    inputs = np.eye(columns) if inputs is None else inputs
    outputs = np.eye(rows) if outputs is None else outputs
    return LayerProblem(target, outputs, inputs, np.ones(target.shape, dtype=bool), rate)


def error(problem, values):
    missing = values - problem.target
    return 0.5 * float(np.trace(problem.outputs @ missing @ problem.inputs @ missing.T))


@given(st.integers(0, 1000), st.floats(0.05, 2))
@settings(deadline=None, max_examples=30)
def test_with_identities_and_no_weight_on_rate_it_rounds_to_the_nearest(seed, step):
    given = problem(np.random.default_rng(seed))
    np.testing.assert_array_equal(solve(given, step, 0).levels, np.rint(given.target / step))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sweeps", [0, 3])
def test_with_correlated_inputs_and_outputs_the_error_is_less_than_with_rounding(seed, sweeps):
    rng = np.random.default_rng(seed)
    given = problem(rng, inputs=correlated(12, rng), outputs=correlated(8, rng))
    solution = solve(given, 0.5, sweeps)
    assert solution.error == pytest.approx(error(given, solution.values()))
    assert solution.error < 0.9 * error(given, 0.5 * np.rint(given.target / 0.5))


@pytest.mark.parametrize("seed", range(5))
def test_a_sweep_never_adds_error_when_rate_has_no_weight(seed):
    rng = np.random.default_rng(seed)
    given = problem(rng, inputs=correlated(12, rng), outputs=correlated(8, rng))
    errors = [solve(given, 0.5, sweeps).error for sweeps in range(5)]
    assert errors == sorted(errors, reverse=True)


def test_more_weight_on_rate_means_fewer_bits_and_more_error():
    def solution(rate):
        rng = np.random.default_rng(0)
        return solve(problem(rng, 60, 40, rate=rate, inputs=correlated(40, rng), outputs=correlated(60, rng)), 0.3, 2)

    found = [solution(rate) for rate in (0.0, 0.003, 0.03, 0.3)]
    assert [s.bits for s in found] == sorted((s.bits for s in found), reverse=True)
    assert [s.error for s in found] == sorted(s.error for s in found)


def test_the_triangle_tells_the_best_of_what_comes_after():
    matrix = correlated(6, np.random.default_rng(0))
    feedback, costs = triangle(matrix)
    free = np.linalg.solve(matrix[1:, 1:], -matrix[1:, 0])
    np.testing.assert_allclose(feedback[0, 1:], free)
    vector = np.concatenate([[1], free])
    assert costs[0] == pytest.approx(vector @ matrix @ vector)


def test_the_network_loses_less_than_by_rounding_with_the_same_steps():
    network = tiny(epochs=20)
    state, asked = get_state(network), calibration(network)
    quantized = quantize(state, Parameters(rate_weight=0, step_std=1.5), asked)
    rounded = dict(state)
    for name, level_map in quantized.maps.items():
        if state[name].ndim > 1:
            rounded[name] = (level_map.step * np.rint(state[name] / level_map.step)).astype(np.float32)
    dense = loss(network, state)
    assert loss(network, quantized.state()) - dense < 0.5 * (loss(network, rounded) - dense)


def test_inputs_that_never_change_cost_nothing():
    network = tiny()
    network[4].register_forward_hook(lambda layer, inputs, output: output.index_fill(1, torch.tensor([3]), 2.0))
    quantized = quantize(get_state(network), Parameters(rate_weight=1e-4), Calibration(network, images()))
    assert quantized.levels["5.weight"].any()
    assert not quantized.levels["5.weight"][:, 3].any()


def test_a_layer_that_is_not_used_is_described_finely():
    network = tiny()
    network[0].register_module("spare", torch.nn.Linear(3, 3))
    state = get_state(network)
    found = quantize(state, Parameters(rate_weight=1e3), Calibration(network, images())).state()
    np.testing.assert_allclose(found["0.spare.weight"], state["0.spare.weight"], atol=0.01)
    assert not found["5.weight"].any()


def test_a_network_whose_first_layers_are_spent_is_still_quantized():
    network = tiny()
    for rate in (1e-3, 1e-1, 1e3):
        found = quantize(get_state(network), Parameters(rate_weight=rate), calibration(network)).state()
        assert all(np.isfinite(value).all() for value in found.values())
