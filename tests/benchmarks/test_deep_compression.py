"""The peers that are our own: Huffman with relative indices, and what the plain ones share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "peers"))

import _bits
import _plain
import deep_compression
import xz_driver

TENSORS = hnp.arrays(
    np.int32, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9), elements=st.integers(-300, 300)
)


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.dictionaries(st.text(max_size=8), TENSORS, max_size=4), st.floats(0, 1))
@pytest.mark.parametrize("peer", [deep_compression, xz_driver], ids=lambda peer: peer.__name__)
def test_peers_give_back_what_they_got(peer, levels, share):
    levels = {
        name: np.where(np.arange(level.size).reshape(level.shape) % 7 < 7 * share, 0, level)
        for name, level in levels.items()
    }
    found = peer.decode(peer.encode(levels))
    assert list(found) == list(levels)
    assert all(
        found[name].shape == level.shape and np.array_equal(found[name], level) for name, level in levels.items()
    )


def test_a_gap_that_is_too_long_gets_a_zero_put_in():
    flat = np.zeros(40, np.int64)
    flat[[1, 4, 15]] = 34, 9, 17
    gaps, values = deep_compression.relative(flat, 3)
    assert list(gaps) == [2, 3, 8, 3]
    assert list(values) == [34, 9, 0, 17]
    assert np.array_equal(deep_compression.absolute(gaps, values, 40), flat)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60))
def test_huffman_lengths_fill_the_code_space_and_stay_within_a_bit_of_the_entropy(counts):
    counts = np.array(counts)
    lengths = deep_compression.huffman_lengths(counts)
    if len(counts) == 1:
        assert list(lengths) == [0]
        return
    assert (0.5 ** lengths.astype(float)).sum() == 1
    share = counts / counts.sum()
    entropy = float(-(share * np.log2(share)).sum())
    assert entropy - 1e-9 <= float(share @ lengths) < entropy + 1


def test_canonical_codes_are_those_of_the_textbook():
    assert list(_bits.canonical(np.array([2, 1, 3, 3]))) == [0b10, 0b0, 0b110, 0b111]
    assert _bits.join(np.array([2, 1, 3, 3]), np.array([0, 1, 2, 3, 1])) == bytes([0b10011011, 0b10000000])


@given(st.lists(st.integers(0, 1 << 70)))
def test_varints_come_back(numbers):
    assert _plain.read_varints(_plain.varints(numbers), 0, len(numbers)) == (numbers, len(_plain.varints(numbers)))
