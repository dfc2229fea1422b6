"""Global magnitude: the largest survive, ties go to the lowest index, and embedded SuRP keeps the same weights."""

from __future__ import annotations

import re
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surp.errors import TargetError
from surp.prune import method, ranked, run
from surp.prune.interface import Problem
from surp.prune.low_memory import sparsify
from surp.prune.methods.surp import Parameters, select
from surp.prune.ranked import largest, largest_of
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


@given(st.lists(MAGNITUDES, max_size=4), st.floats(0, 1), st.sampled_from([0, 3, 100]))
@settings(deadline=None)
def test_vectors_one_at_a_time_have_the_masks_of_all_together(lists, share, few):
    """Whether they are sorted at once or told apart by their first digits."""
    vectors = [np.array(each, dtype=np.float64) for each in lists]
    whole = np.concatenate([np.zeros(0), *vectors])
    count = round(share * whole.size)
    with patch.object(ranked, "_FEW", few):
        masks = [*largest_of(lambda: vectors, whole.size, count)]
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, bool), *masks]), largest(whole, count))


@given(MAGNITUDES, st.floats(0, 1), st.integers(0, 2**32))
@settings(deadline=None)
def test_embedded_keeps_what_global_magnitude_keeps(magnitudes, share, seed):
    weights = np.array(magnitudes) * np.random.default_rng(seed).choice([-1.0, 1.0], len(magnitudes))
    count = round(share * np.count_nonzero(weights))
    magnitude = method("global_magnitude")
    problem = Problem(weights, Layout.line(weights.size), count, np.random.default_rng(0))
    twin = magnitude.select(problem, magnitude.Parameters())
    embedded = select(problem, Parameters(mode="embedded"))
    np.testing.assert_array_equal(embedded.survivors, twin.survivors)
    kept = embedded.survivors
    assert (np.abs(embedded.reconstruction) <= np.abs(weights)).all()
    assert (2 * np.abs(embedded.reconstruction[kept]) >= np.abs(weights[kept])).all()


@pytest.mark.parametrize(("scale", "kept"), [("norm", "small"), ("none", "large")])
def test_scale_decides_between_a_flat_and_a_peaked_tensor(scale, kept):
    state = {"large": np.full((4, 4), 10.0), "small": np.array([[0.1, 0.001]])}
    parameters = method("global_magnitude").Parameters(scale=scale)
    pruned = run(state, "global_magnitude", 17 / 18, parameters, np.random.default_rng(0))
    assert [name for name, tensor in pruned.state.items() if tensor.any()] == [kept]


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.float32, (6, 7), elements=st.floats(-4, 4, width=16)),
    arrays.arrays(np.float32, (3, 5), elements=st.integers(-2, 2)),
    st.floats(0, 0.99),
)
def test_in_little_memory_the_same_survive_ties_and_all(first, second, sparsity):
    state = {"a": first, "b": second}
    parameters = method("global_magnitude").Parameters()
    try:
        wanted = run(state, "global_magnitude", sparsity, parameters, np.random.default_rng(0)).state
    except TargetError as error:
        with pytest.raises(TargetError, match=re.escape(str(error))):
            sparsify(state, sparsity)
        return
    found = sparsify(state, sparsity)
    assert all(np.array_equal(found[name], wanted[name]) for name in state)
