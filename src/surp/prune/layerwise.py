"""How many weights each tensor keeps, for methods that decide it layer by layer.

What is asked of a tensor is a share of the model's density: `shares[t]` times one common factor, at most all of what
the tensor has left. The factor is the one that spends the whole budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from surp.prune.interface import Mask
from surp.prune.ranked import largest
from surp.tensors.layout import Layout, Vector

Counts = NDArray[np.int64]
_T = TypeVar("_T", bound=np.generic)


def keep_by_share(vector: Vector, layout: Layout, count: int, shares: Sequence[float] | Vector) -> Mask:
    """The largest magnitudes of each tensor, `count` in all, shared out by `allocate`."""
    return keep_largest(vector, layout, allocate(shares, sizes(layout), nonzeros(vector, layout), count))


def keep_largest(vector: Vector, layout: Layout, counts: Counts) -> Mask:
    """The counts[t] largest magnitudes of each tensor."""
    survivors = np.zeros(vector.size, dtype=np.bool_)
    for place, count in zip(places(layout), counts, strict=True):
        survivors[place] = largest(np.abs(vector[place]), int(count))
    return survivors


def places(layout: Layout) -> list[slice]:
    """Where each tensor stands in the vector."""
    return [slice(int(start), int(stop)) for start, stop in pairwise(layout.bounds)]


def by_tensor(values: NDArray[_T], layout: Layout) -> dict[str, NDArray[_T]]:
    """The parts of a vector by the names of the tensors, in their shapes."""
    shaped = zip(layout.names, layout.shapes, places(layout), strict=True)
    return {name: values[place].reshape(shape) for name, shape, place in shaped}


def sizes(layout: Layout) -> Counts:
    """Weights of each tensor, shape (tensors,)."""
    return np.diff(layout.bounds)


def nonzeros(vector: Vector, layout: Layout) -> Counts:
    """Weights of each tensor that are not zero, shape (tensors,)."""
    return np.array([np.count_nonzero(vector[place]) for place in places(layout)], dtype=np.int64)


def erdos_renyi(layout: Layout) -> Vector:
    """Shares of the Erdos-Renyi kernel: sum over product of each tensor's dimensions, shape (tensors,); 1 for a scalar,
    0 for an empty tensor."""
    return np.array(
        [sum(shape) / prod(shape) if prod(shape) and shape else float(not shape) for shape in layout.shapes]
    )


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
