"""SuRP's reference schedule: draw for draw the plain rule, with exact answers at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_rule import reference_rule

from surp.errors import ParameterError, TargetError, WeightsError
from surp.prune.interface import Problem
from surp.prune.methods.surp import Parameters
from surp.prune.methods.surp import select as select_from
from surp.tensors.layout import Layout

pytestmark = pytest.mark.kernels


def select(weights, count, rng, iterative=False, **schedule):
    problem = Problem(weights, Layout.line(weights.size), count, rng, iterative)
    return select_from(problem, Parameters(**schedule))


def assert_draw_for_draw(weights, count, seed, iterative, **schedule):
    slow, fast = np.random.default_rng(seed), np.random.default_rng(seed)
    expected = reference_rule(weights, count, slow, iterative=iterative, **schedule)
    selection = select(weights, count, fast, iterative, **schedule)
    np.testing.assert_array_equal(selection.steps, expected.indices)
    np.testing.assert_array_equal(selection.reconstruction, expected.v)
    np.testing.assert_array_equal(np.flatnonzero(selection.survivors), np.unique(expected.indices))
    assert np.count_nonzero(selection.survivors) == count
    assert slow.random() == fast.random()


@given(
    magnitudes=st.lists(
        st.one_of(st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.floats(1e-9, 1.0)), min_size=1, max_size=40
    ),
    share=st.floats(0, 0.8),
    seed=st.integers(0, 2**32),
    iterative=st.booleans(),
    alpha=st.sampled_from([0.7, 1.0, 2.5, 10.0]),
)
@settings(max_examples=150, deadline=None)
def test_small_vectors_with_ties_and_zeros_match_the_plain_rule(magnitudes, share, seed, iterative, alpha):
    weights = np.array(magnitudes) * np.random.default_rng(seed).choice([-1, 1], len(magnitudes))
    count = round(share * np.count_nonzero(weights))
    assert_draw_for_draw(weights, count, seed, iterative, alpha=alpha)


@pytest.mark.parametrize("iterative", [False, True])
@pytest.mark.parametrize(("n", "sparsity"), [(2, 0.5), (511, 0.2), (513, 0.2), (4096, 0.2), (50_000, 0.2)])
def test_larger_vectors_match_the_plain_rule(n, sparsity, iterative):
    rng = np.random.default_rng(n)
    weights = rng.laplace(size=n)
    if iterative:
        weights[rng.permutation(n)[: int(0.15 * n)]] = 0
    assert_draw_for_draw(weights, n - round(sparsity * n), n + 1, iterative)


@pytest.mark.parametrize("iterative", [False, True])
def test_rounded_weights_full_of_ties_match_the_plain_rule(iterative):
    weights = np.round(np.random.default_rng(5).laplace(size=3000) * 4) / 4
    assert_draw_for_draw(weights, round(0.7 * np.count_nonzero(weights)), 6, iterative)


def test_other_decays_match_the_plain_rule():
    weights = np.random.default_rng(7).laplace(size=500)
    assert_draw_for_draw(weights, 300, 8, False, alpha=13.0, alpha_decay=0.5, decay_every=3)


@pytest.mark.parametrize("iterative", [False, True])
@pytest.mark.parametrize("weight", [1.0, -1.0, 1e-300, 1e300])
def test_a_single_weight_is_hit_once(weight, iterative):
    selection = select(np.array([weight]), 1, np.random.default_rng(0), iterative)
    assert selection.survivors.tolist() == [True]
    assert selection.steps.tolist() == [0]
    assert 0 < selection.reconstruction[0] / weight < 1


@pytest.mark.parametrize("n", [1, 2, 3, 100])
def test_constant_magnitudes_can_all_be_hit(n):
    selection = select(np.full(n, -0.25), n, np.random.default_rng(n))
    assert selection.survivors.all()
    assert (selection.reconstruction < 0).all()


@pytest.mark.parametrize("weights", [np.zeros(0), np.zeros(3), np.ones(3)])
def test_no_survivors_wanted_takes_no_draw(weights):
    rng = np.random.default_rng(0)
    selection = select(weights, 0, rng)
    assert not selection.survivors.any()
    assert selection.steps.size == 0
    assert rng.random() == np.random.default_rng(0).random()


def test_the_reconstruction_stays_below_the_weights_and_has_their_signs():
    weights = np.random.default_rng(1).laplace(size=1000)
    selection = select(weights, 500, np.random.default_rng(2))
    hit = selection.survivors
    assert (np.sign(selection.reconstruction[hit]) == np.sign(weights[hit])).all()
    assert (np.abs(selection.reconstruction[hit]) < np.abs(weights[hit])).all()
    assert (selection.reconstruction[~hit] == 0).all()


def test_more_survivors_than_nonzero_weights_are_refused_naming_both():
    with pytest.raises(TargetError, match="3 survivors wanted, but 2 of 4"):
        select(np.array([1.0, 0, 0, 2]), 3, np.random.default_rng(0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(bad):
    with pytest.raises(WeightsError, match="NaN or infinite"):
        select(np.array([1.0, bad]), 1, np.random.default_rng(0))


@pytest.mark.parametrize("setting", [{"alpha": 0}, {"alpha_decay": 1.0}, {"decay_every": 0}, {"mode": "fast"}])
def test_a_schedule_that_could_not_end_is_refused(setting):
    with pytest.raises(ParameterError, match=f"methods.surp.{next(iter(setting))}"):
        Parameters.parse(setting, "methods.surp")


class Stuck:
    """A generator that always draws 0."""

    class bit_generator:
        state = None

    def random(self, size):
        return np.zeros(size)


def test_draws_that_are_not_uniform_end_in_an_error_and_not_in_a_loop():
    with pytest.raises(TargetError, match="1 of 2 weights"):
        select(np.array([1.0, 1e-3]), 2, Stuck(), alpha=0.5)
