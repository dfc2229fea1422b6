"""The largest magnitudes of one vector or of several, ties to the lowest index, in O(n) and little memory.

The magnitude at which the cut falls is found from its bits: floats that are not negative are ordered as the integers
of their bits are. So vectors are looked at one at a time, and a model need not stand in memory at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from surp.prune.interface import Mask
from surp.tensors.layout import Vector

_DIGIT = 16
_VALUES = 1 << _DIGIT
_FEW = 1 << 20
"""Magnitudes that are sorted at once; of more, those with the same first digits are singled out."""


def largest(magnitudes: Vector, count: int) -> Mask:
    """Mask of the `count` largest, shape (n,); of equal ones the lowest indices. 0 <= count <= n; none is negative."""
    return next(largest_of(lambda: (magnitudes,), magnitudes.size, count))


def largest_of(vectors: Callable[[], Iterable[Vector]], n: int, count: int) -> Iterator[Mask]:
    """Masks of the `count` largest of all vectors together, n numbers. vectors: gives them anew, in the same order."""

    def keys() -> Iterator[NDArray[np.uint64]]:
        return (vector.view(np.uint64) for vector in vectors())

    edge, spare = _edge(keys, n, count)
    for each in keys():
        mask = each > edge
        ties = np.flatnonzero(each == edge)[:spare]
        spare -= ties.size
        mask[ties] = True
        yield mask


def _edge(keys: Callable[[], Iterable[NDArray[np.uint64]]], n: int, count: int) -> tuple[np.uint64, int]:
    """The bits of the `count`-th magnitude, and how many of those equal to it are among the largest."""
    if count == 0:
        return np.uint64(np.iinfo(np.uint64).max), 0
    prefix, shift = np.uint64(0), 64  # the first bits of the one wanted, and how many follow
    while n > _FEW and shift > 0:
        shift -= _DIGIT
        counts = np.zeros(_VALUES, dtype=np.int64)
        for each in keys():
            digits = _inside(each, prefix, shift + _DIGIT) >> np.uint64(shift) & np.uint64(_VALUES - 1)
            counts += np.bincount(digits.astype(np.int64), minlength=_VALUES)
        above = np.cumsum(counts[::-1])
        digit = _VALUES - 1 - int(np.searchsorted(above, count))
        n = int(counts[digit])
        count -= int(above[_VALUES - 1 - digit]) - n
        prefix = prefix << np.uint64(_DIGIT) | np.uint64(digit)
    if shift == 0:
        return prefix, count
    few = np.concatenate([_inside(each, prefix, shift) for each in keys()])
    edge = np.partition(few, n - count)[n - count]
    return edge, count - int(np.count_nonzero(few > edge))


def _inside(keys: NDArray[np.uint64], prefix: np.uint64, shift: int) -> NDArray[np.uint64]:
    """Those whose bits above `shift` are `prefix`."""
    return keys if shift == 64 else keys[keys >> np.uint64(shift) == prefix]
