"""The structures behind the fast schedule behave as sorted lists."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surp.prune.surp.candidates import empty, flip, kth
from surp.prune.surp.draws import Draws
from surp.prune.surp.heap import pop, push

pytestmark = pytest.mark.kernels


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), min_size=1))))
@settings(deadline=None, max_examples=60)
def test_kth_counts_members_in_ascending_order(case):
    n, members = case
    words, tree = empty(n)
    for index in members:
        flip(words, tree, index, 1)
    assert [kth(words, tree, k) for k in range(len(members))] == sorted(members)


@pytest.mark.parametrize("n", [64, 512, 513, 5000])
def test_what_is_taken_out_is_no_longer_counted(n):
    words, tree = empty(n)
    for index in range(n):
        flip(words, tree, index, 1)
    for index in range(0, n, 2):
        flip(words, tree, index, -1)
    assert [kth(words, tree, k) for k in range(n // 2)] == list(range(1, n, 2))


@given(st.integers(1, 10), st.lists(st.integers(1, 4), max_size=12))
@settings(deadline=None)
def test_draws_in_batches_are_draws_one_by_one(batch, uses):
    ahead, single = np.random.default_rng(3), np.random.default_rng(3)
    draws = Draws(ahead, batch)
    for wanted in uses:
        taken = draws.rest()[:wanted]
        draws.use(taken.size)
        assert taken.tolist() == [single.random() for _ in taken]
    draws.close()
    assert ahead.random() == single.random()


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]) | st.floats(0, 1), max_size=50))
@settings(deadline=None)
def test_a_heap_gives_its_keys_in_falling_order(keys):
    key, heap = np.array(keys, dtype=np.float64), np.empty(len(keys), dtype=np.int32)
    for index in range(key.size):
        push(heap, key, index, index)
    taken = [pop(heap, key, size) for size in range(key.size, 0, -1)]
    assert sorted(taken) == list(range(key.size))
    assert key[taken].tolist() == sorted(keys, reverse=True)
