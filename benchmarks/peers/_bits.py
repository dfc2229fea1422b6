"""Canonical prefix codes to bytes and back: shorter codes first, then by the symbols' order."""

from __future__ import annotations

import numpy as np
from numba import njit


def join(lengths: np.ndarray, indices: np.ndarray) -> bytes:
    """Codes of symbol numbers, most significant bit first; lengths: bits of each symbol's code, shape (symbols,)."""
    codes, taken = canonical(lengths), lengths[indices]
    ends = np.cumsum(taken)
    bits = np.zeros(int(ends[-1]), dtype=np.uint8)
    for place in range(int(lengths.max())):
        longer = taken > place
        bits[ends[longer] - 1 - place] = codes[indices[longer]] >> place & 1
    return np.packbits(bits).tobytes()


def split(lengths: np.ndarray, data: bytes, size: int) -> np.ndarray:
    """Inverse of `join`: `size` symbol numbers."""
    order = np.argsort(lengths, kind="stable")
    counts = np.bincount(lengths)
    if len(counts) == 1:
        return np.zeros(size, dtype=np.int64)
    return order[_ranks(np.frombuffer(data, dtype=np.uint8), counts, size)]


def canonical(lengths: np.ndarray) -> np.ndarray:
    """The code of each symbol as an integer."""
    codes = np.zeros(len(lengths), dtype=np.int64)
    code = last = 0
    for symbol in np.argsort(lengths, kind="stable"):
        code <<= int(lengths[symbol]) - last
        last = int(lengths[symbol])
        codes[symbol] = code
        code += 1
    return codes


@njit(cache=True)
def _ranks(data, counts, size):  # type: ignore[no-untyped-def]
    """Ranks of the symbols by code length; counts[k]: symbols whose code has k bits."""
    result = np.zeros(size, dtype=np.int64)
    position = 0
    for place in range(size):
        code = first = rank = 0
        for bits in range(1, len(counts)):
            code = (code << 1) | ((data[position >> 3] >> (7 - (position & 7))) & 1)
            position += 1
            first <<= 1
            if code - first < counts[bits]:
                result[place] = rank + code - first
                break
            first += counts[bits]
            rank += counts[bits]
    return result
