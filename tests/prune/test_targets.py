"""Stopping at a rate or at a distortion: where each method stops, and what it says when it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surp import registry
from surp.errors import ParameterError, TargetError
from surp.prune import Target, run
from surp.prune.interface import Problem
from surp.prune.methods.surp import Parameters, reach, select
from surp.prune.surp.budget import step_bits
from surp.prune.surp.embedded import distortion, rate
from surp.tensors.layout import Layout
from surp.theory import index_stream

METHODS = registry.names("methods")


def laplacian(n=3000, seed=0):
    return np.random.default_rng(seed).laplace(size=n)


def one(vector):
    return Layout(("w",), (vector.shape,), (1.0,))


def stop(vector, stop_, value, iterative=False, rng=1, **settings):
    generator = np.random.default_rng(rng) if isinstance(rng, int) else rng
    problem = Problem(vector, one(vector), np.count_nonzero(vector), generator, iterative)
    return reach(problem, Target(stop_, value), Parameters(**settings))


def whole(vector, count, iterative=False):
    """A long run with the same draws, and its index stream."""
    problem = Problem(vector, Layout.line(vector.size), count, np.random.default_rng(1), iterative)
    selection = select(problem, Parameters())
    return selection, index_stream.replay(np.abs(vector), selection.steps, iterative=iterative)


@given(st.integers(1, 1000), st.integers(1, 1000))
@settings(deadline=None)
def test_a_step_costs_what_the_theory_says(a, b):
    candidates, n = min(a, b), max(a, b)
    assert step_bits(candidates, n) == pytest.approx(float(index_stream.index_bits(candidates, n)), rel=1e-12)


@pytest.mark.parametrize("iterative", [False, True])
@pytest.mark.parametrize("bits", [0.01, 0.3, 1.5])
def test_the_reference_run_stops_at_the_last_step_within_the_rate(bits, iterative):
    vector = laplacian()
    if iterative:
        vector[::4] = 0
    long, stream = whole(vector, 1500, iterative)
    selection = stop(vector, "rate", bits, iterative)
    taken = selection.steps.size
    np.testing.assert_array_equal(selection.steps, long.steps[:taken])
    assert stream.bits[taken - 1] <= bits * vector.size < stream.bits[taken]
    np.testing.assert_array_equal(np.flatnonzero(selection.survivors), np.unique(selection.steps))


@pytest.mark.parametrize("iterative", [False, True])
@pytest.mark.parametrize("wanted", [0.95, 0.6, 0.35])
def test_the_reference_run_stops_at_the_first_step_within_the_distortion(wanted, iterative):
    vector = laplacian()
    if iterative:
        vector[::4] = 0
    long, stream = whole(vector, 1500, iterative)
    selection = stop(vector, "distortion", wanted, iterative)
    taken, mean = selection.steps.size, np.abs(vector).mean()
    np.testing.assert_array_equal(selection.steps, long.steps[:taken])
    assert stream.distortion[taken - 1] <= wanted * mean < stream.distortion[taken - 2]
    left = np.abs(vector - selection.reconstruction).sum()
    assert left / np.abs(vector).sum() == pytest.approx(stream.distortion[taken - 1] / mean)


@pytest.mark.parametrize(("kind", "value"), [("rate", 0.4), ("distortion", 0.5)])
def test_draws_beyond_the_stop_are_left_in_the_generator(kind, value):
    rng, single = np.random.default_rng(1), np.random.default_rng(1)
    selection = stop(laplacian(), kind, value, rng=rng)
    single.random(selection.steps.size)
    assert rng.random() == single.random()


def test_a_distortion_below_the_end_of_the_schedule_is_refused_naming_the_end():
    vector = np.ones(50)
    with pytest.raises(
        TargetError, match=r"^distortion 1e-09: SuRP's schedule ends at (\S+); allowed: above that"
    ) as e:
        stop(vector, "distortion", 1e-9, alpha=0.7)
    end = float(str(e.value).split("ends at ")[1].split(";")[0])
    assert end == pytest.approx(0.3)
    selection = stop(vector, "distortion", end * 1.0001, alpha=0.7)
    assert np.abs(vector - selection.reconstruction).mean() <= end * 1.0001


def test_a_rate_that_the_schedule_cannot_spend_is_refused_naming_what_it_spends():
    with pytest.raises(TargetError, match=r"^rate 1000: SuRP's schedule describes all it can in \d"):
        stop(laplacian(200), "rate", 1000)


@pytest.mark.parametrize("mode", ["reference", "embedded"])
def test_a_rate_too_small_for_anything_is_refused(mode):
    with pytest.raises(TargetError, match=r"^rate 1e-06: "):
        stop(laplacian(), "rate", 1e-6, mode=mode)


@pytest.mark.parametrize("value", [0.9, 0.5, 0.1])
def test_embedded_stops_at_a_threshold_that_meets_the_distortion_and_the_next_does_not(value):
    vector = laplacian()
    selection = stop(vector, "distortion", value, mode="embedded")
    count = np.count_nonzero(selection.survivors)
    ordered = np.sort(np.abs(vector))[::-1]
    assert distortion(ordered, count) <= value < distortion(ordered, count - 1)
    left = np.abs(vector - selection.reconstruction).sum() / np.abs(vector).sum()
    assert left == pytest.approx(distortion(ordered, count))


@pytest.mark.parametrize("value", [0.1, 0.5, 2.0])
def test_embedded_spends_the_rate_in_really_coded_bits(value):
    vector = laplacian()
    selection = stop(vector, "rate", value, mode="embedded")
    count = np.count_nonzero(selection.survivors)
    ordered = np.sort(np.abs(vector))[::-1]
    assert rate(vector, one(vector), ordered[count - 1]) <= value < rate(vector, one(vector), ordered[count])


def test_the_rate_of_passes_is_that_of_the_blocks_in_the_file():
    from surp import codec
    from surp.quantize.quantizers import successive

    vector = laplacian(4000).reshape(40, 100)
    unit = vector / np.linalg.norm(vector)
    last = float(np.float32(np.sort(np.abs(unit).ravel())[3000]))
    parameters = successive.Parameters(last=last, point="lower")
    facts = codec.describe(codec.open(codec.encode(successive.quantize({"w": vector}, parameters))))
    blocks = sum(block["bytes"] for block in facts["blocks"] if "pass" in block["name"])
    bits = rate(unit.ravel(), Layout(("w",), ((40, 100),), (1.0,)), last) * vector.size
    assert bits <= 8 * blocks <= bits + 8 * 10 * len(facts["blocks"])


def test_embedded_targets_beyond_the_passes_are_refused_naming_their_end():
    with pytest.raises(TargetError, match=r"^rate 500: all passes take \S+ bits/weight; allowed: up to that"):
        stop(laplacian(100), "rate", 500, mode="embedded")
    with pytest.raises(TargetError, match=r"^distortion 1e-12: the passes end at \S+; allowed: at least that"):
        stop(laplacian(100), "distortion", 1e-12, mode="embedded")


@given(st.lists(st.one_of(st.sampled_from([0.0, 1.0, 2.0]), st.floats(0, 1e150)), max_size=40), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_global_magnitude_keeps_the_fewest_that_meet_the_distortion(magnitudes, value):
    vector = np.array(magnitudes)
    method = registry.load("methods", "global_magnitude")
    pruned = run({"w": vector}, "global_magnitude", Target("distortion", value), method.Parameters(scale="none"), None)
    scaled = vector / vector.max() if vector.any() else vector
    survivors = pruned.selection.survivors
    slack = 1e-12 * scaled.sum()
    assert scaled[~survivors].sum() <= value * scaled.sum() + slack
    if survivors.any():
        assert scaled[~survivors].sum() + scaled[survivors].min() > value * scaled.sum() - slack


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["rate", "distortion"])
class TestEveryMethod:
    def pruned(self, method, kind, value, state=None, **settings):
        parameters = registry.load("methods", method).Parameters(**settings)
        state = {"w": laplacian(600).reshape(20, 30), "b": laplacian(20, 1)} if state is None else state
        return parameters, run(state, method, Target(kind, value), parameters, np.random.default_rng(0))

    def test_a_target_is_met_or_said_to_have_no_meaning(self, method, kind):
        parameters = registry.load("methods", method).Parameters()
        if kind in parameters.stops:
            _, pruned = self.pruned(method, kind, 0.5)
            assert 0 < pruned.survivors < pruned.size
            assert pruned.survivors == sum(np.count_nonzero(tensor) for tensor in pruned.state.values())
        else:
            with pytest.raises(ParameterError, match=f"^{kind}: has no meaning for '{method}'.*; allowed: sparsity"):
                self.pruned(method, kind, 0.5)

    @pytest.mark.parametrize("state", [{}, {"w": np.zeros((3, 3))}, {"n": np.arange(3)}])
    def test_a_model_without_anything_to_describe_stays_as_it_is(self, method, kind, state):
        if kind in registry.load("methods", method).Parameters().stops:
            _, pruned = self.pruned(method, kind, 0.5, state)
            assert pruned.survivors == 0
            assert pruned.state.keys() == state.keys()

    @pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
    def test_a_value_out_of_range_is_refused_with_the_rule(self, method, kind, value):
        with pytest.raises(ParameterError, match=rf"^{kind}: must be above 0 and .*\(got {value}\)"):
            self.pruned(method, kind, value)


@pytest.mark.parametrize("mode", ["reference", "embedded"])
def test_weighted_weights_have_no_rate_because_no_decoder_could_undo_them(mode):
    with pytest.raises(ParameterError, match="no meaning for 'surp' with importance 'fisher'; allowed: sparsity, dist"):
        run({"w": laplacian(9)}, "surp", Target("rate", 1), Parameters(mode=mode, importance="fisher"), None)


@pytest.mark.parametrize("mode", ["reference", "embedded"])
def test_a_single_weight_can_be_described_in_part(mode):
    pruned = run(
        {"w": np.array([[2.0]])},
        "surp",
        Target("distortion", 0.5),
        Parameters(mode=mode, keep="weights"),
        np.random.default_rng(0),
    )
    assert pruned.state["w"] == 2
