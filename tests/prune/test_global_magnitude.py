"""Global magnitude: the largest survive, ties go to the lowest index, and embedded SuRP keeps the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surp import registry
from surp.prune import run
from surp.prune.methods.surp import Parameters, select
from surp.prune.ranked import largest
from surp.tensors.layout import Layout

MAGNITUDES = st.lists(st.one_of(st.sampled_from([0.0, 1.0, 2.0]), st.floats(0, 1e300)), max_size=60)


@given(MAGNITUDES, st.floats(0, 1))
@settings(deadline=None)
def test_the_mask_is_that_of_a_stable_sort(magnitudes, share):
    values = np.array(magnitudes, dtype=np.float64)
    count = round(share * values.size)
    expected = np.zeros(values.size, dtype=bool)
    expected[np.argsort(-values, kind="stable")[:count]] = True
    np.testing.assert_array_equal(largest(values, count), expected)


@given(MAGNITUDES, st.floats(0, 1), st.integers(0, 2**32))
@settings(deadline=None)
def test_embedded_keeps_what_global_magnitude_keeps(magnitudes, share, seed):
    weights = np.array(magnitudes) * np.random.default_rng(seed).choice([-1.0, 1.0], len(magnitudes))
    count = round(share * np.count_nonzero(weights))
    magnitude = registry.load("methods", "global_magnitude")
    twin = magnitude.select(
        weights, Layout.line(weights.size), count, magnitude.Parameters(), np.random.default_rng(0), False
    )
    embedded = select(
        weights, Layout.line(weights.size), count, Parameters(mode="embedded"), np.random.default_rng(0), False
    )
    np.testing.assert_array_equal(embedded.survivors, twin.survivors)
    kept = embedded.survivors
    assert (np.abs(embedded.reconstruction) <= np.abs(weights)).all()
    assert (2 * np.abs(embedded.reconstruction[kept]) >= np.abs(weights[kept])).all()


@pytest.mark.parametrize(("scale", "kept"), [("norm", "small"), ("none", "large")])
def test_scale_decides_between_a_flat_and_a_peaked_tensor(scale, kept):
    state = {"large": np.full((4, 4), 10.0), "small": np.array([[0.1, 0.001]])}
    parameters = registry.load("methods", "global_magnitude").Parameters(scale=scale)
    pruned = run(state, "global_magnitude", 17 / 18, parameters, np.random.default_rng(0))
    assert [name for name, tensor in pruned.state.items() if tensor.any()] == [kept]
