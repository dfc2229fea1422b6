"""How many weights each tensor keeps, for methods that decide it layer by layer.

What is asked of a tensor is a share of the model's density: `shares[t]` times one common factor, at most all of what
the tensor has left. The factor is the one that spends the whole budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surp.prune.interface import Selection
from surp.prune.ranked import check_count, largest
from surp.tensors.layout import Layout, Vector

Counts = NDArray[np.int64]


def tensors(vector: Vector, layout: Layout) -> Iterator[tuple[int, slice]]:
    """Number and place of each tensor of the vector."""
    for number, (start, stop) in enumerate(pairwise(layout.bounds)):
        yield number, slice(int(start), int(stop))


def living(vector: Vector, layout: Layout) -> Counts:
    """Weights of each tensor that are not zero, shape (tensors,)."""
    return np.array([np.count_nonzero(vector[place]) for _, place in tensors(vector, layout)], dtype=np.int64)


def allocate(shares: Sequence[float] | Vector, sizes: Counts, most: Counts, count: int) -> Counts:
    """Survivors of each tensor, `count` in all: shares[t] * sizes[t] * factor, at most most[t]; shape (tensors,).

    Fractions are rounded by largest remainder, ties to the first tensor. 0 <= count <= sum(most).
    """
    wanted = np.asarray(shares, dtype=np.float64) * sizes
    full = _filled(wanted, most, count)
    exact = np.where(full, most, 0.0)
    rest, total = count - exact.sum(), wanted[~full].sum()
    if total > 0:
        exact = np.where(full, most, wanted * (rest / total))
    counts = np.minimum(np.floor(exact + 1e-9), most).astype(np.int64)
    return _rounded(counts, exact, most, count)


def _filled(wanted: Vector, most: Counts, count: int) -> NDArray[np.bool_]:
    """Tensors that keep all they have: those that fill up before the factor that spends the budget is reached."""
    full = most == 0
    while True:
        rest, total = count - most[full].sum(), wanted[~full].sum()
        if total <= 0:
            return full
        more = ~full & (wanted * (rest / total) >= most)
        if rest <= 0 or not more.any():
            return full
        full |= more


def _rounded(counts: Counts, exact: Vector, most: Counts, count: int) -> Counts:
    """One more weight each, by largest remainder, until `count` are given; then whoever has room takes the rest."""
    for index in np.argsort(counts - exact, kind="stable"):
        if counts.sum() >= count:
            break
        counts[index] += counts[index] < most[index]
    for index in range(len(counts)):
        counts[index] += min(int(most[index] - counts[index]), count - int(counts.sum()))
    return counts


def keep_largest(vector: Vector, layout: Layout, counts: Counts) -> Selection:
    """The counts[t] largest magnitudes of each tensor."""
    check_count(vector, int(counts.sum()))
    survivors = np.zeros(vector.size, dtype=np.bool_)
    for number, place in tensors(vector, layout):
        survivors[place] = largest(np.abs(vector[place]), int(counts[number]))
    return Selection(survivors)


def sizes(layout: Layout) -> Counts:
    """Weights of each tensor, shape (tensors,)."""
    return np.diff(layout.bounds)
