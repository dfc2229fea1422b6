"""The k-th member of a changing set of indices in O(log n): bits, and a Fenwick tree over blocks of 512 of them.

A plain Fenwick tree takes 4 bytes a weight and misses the cache at every level. With 512 bits a leaf (one cache line)
tree and bits take 0.14 bytes a weight, so both stay in the cache.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Tree = NDArray[np.int32]

_WORDS_A_BLOCK = 8


def empty(n: int) -> tuple[Words, Tree]:
    """The empty set over 0..n-1: bits, shape a multiple of 8; counts, 1-based, shape (blocks + 1,)."""
    blocks = n // 512 + 1
    return np.zeros(blocks * _WORDS_A_BLOCK, dtype=np.uint64), np.zeros(blocks + 1, dtype=np.int32)


@numba.njit(cache=True, inline="always")
def _popcount(word: np.uint64) -> np.int64:
    """Bits set in a 64-bit word (Warren, Hacker's Delight, 5-1)."""
    x = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@numba.njit(cache=True)
def flip(words: Words, tree: Tree, index: int, by: int) -> None:
    """Put `index` in (by = 1; it is out) or take it out (by = -1; it is in)."""
    words[index >> 6] ^= np.uint64(1) << np.uint64(index & 63)
    node = (index >> 9) + 1
    while node < tree.size:
        tree[node] += by
        node += node & -node


@numba.njit(cache=True)
def kth(words: Words, tree: Tree, k: int) -> int:
    """Member number k, counted from 0 in ascending order; the set has more than k."""
    block = 0
    span = 1
    while span * 2 < tree.size:
        span *= 2
    while span > 0:
        if block + span < tree.size and tree[block + span] <= k:
            block += span
            k -= tree[block]
        span >>= 1
    place = block * 8
    inside = _popcount(words[place])
    while inside <= k:
        k -= inside
        place += 1
        inside = _popcount(words[place])
    return (place << 6) + _kth_bit(words[place], k)


@numba.njit(cache=True)
def _kth_bit(word: np.uint64, k: int) -> int:
    """Position of set bit number k, counted from 0 at the low end, by halving."""
    position = 0
    width = 32
    while width > 0:
        low = _popcount(word & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)))
        if low <= k:
            k -= low
            position += width
            word >>= np.uint64(width)
        width >>= 1
    return position
