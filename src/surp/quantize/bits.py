"""What a level will cost: a model of the coder's adaptive contexts, estimated from levels that are there already.

The adaptive coder predicts a level from its neighbours and from what its row and its column held so far
(`surp.codec.entropy.mixed_contexts`). Here a level's cost is -log2 of its smoothed frequency among levels of the same
context: the class of the magnitude that its row and column let expect, and the magnitudes to its left and above.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

LevelMatrix = NDArray[np.int32]
"""Levels of one tensor, shape (rows, columns): the first axis, and all others together."""
Classes = NDArray[np.uint8]
Bits = NDArray[np.float64]

TOP = 17
"""Magnitudes from here on share one count and pay an Elias gamma code beyond it."""
_CLASSES, _NEIGHBOURHOODS = 20, 6
_PRIOR = 2.0
"""Levels that an average counts for beside those of a row or column, or of a context."""


@numba.njit(cache=True, nogil=True)
def neighbourhood_of(levels: LevelMatrix, row: int, column: int) -> int:
    """Context from the magnitudes to the left and above, 0 to 5."""
    near = 0
    if column > 0:
        near += abs(levels[row, column - 1])
    if row > 0:
        near += abs(levels[row - 1, column])
    return near if near < 4 else (4 if near < 8 else 5)


@numba.njit(cache=True, nogil=True)
def cost_of(magnitude: int, bits: Bits) -> float:
    """Bits of a level, its sign among them; bits: those of its context, shape (TOP + 1,)."""
    if magnitude < TOP:
        return float(bits[magnitude])
    return float(bits[TOP] + 2 * np.log2(magnitude - TOP + 1.0) + 1)


def classes_of(levels: LevelMatrix) -> Classes:
    """Class of the magnitude expected at each place, row mean x column mean / mean in half octaves; shape of levels."""
    if not levels.size:
        return np.zeros(levels.shape, dtype=np.uint8)
    magnitude = np.minimum(np.abs(levels), 1 << 20).astype(np.float64)
    mean = float(magnitude.mean()) + 1e-6
    rows = (magnitude.sum(1) + _PRIOR * mean) / (levels.shape[1] + _PRIOR)
    columns = (magnitude.sum(0) + _PRIOR * mean) / (levels.shape[0] + _PRIOR)
    octaves = np.log2(rows / mean)[:, None] + np.log2(columns)[None, :]
    return np.clip(np.floor(2 * octaves + 14), 0, _CLASSES - 1).astype(np.uint8)


def bits_of(levels: LevelMatrix, classes: Classes) -> Bits:
    """Bits of each magnitude in each context, shape (classes, neighbourhoods, TOP + 1)."""
    counts = np.zeros((_CLASSES, _NEIGHBOURHOODS, TOP + 1))
    count_levels(levels, classes, counts)
    overall = counts.sum((0, 1)) + 0.4 * 0.7 ** np.arange(TOP + 1.0)
    of_all = overall / overall.sum()
    of_class = _shrunk(counts.sum(1), of_all)
    chances = _shrunk(counts, np.repeat(of_class[:, None], _NEIGHBOURHOODS, axis=1))
    bits = -np.log2(chances)
    bits[..., 1:] += 1
    return bits


def _shrunk(counts: Bits, towards: Bits) -> Bits:
    """Frequencies, those of few levels drawn towards others; the last axis sums to 1."""
    return (counts + _PRIOR * towards) / (counts.sum(-1, keepdims=True) + _PRIOR)


@numba.njit(cache=True, nogil=True)
def count_levels(levels: LevelMatrix, classes: Classes, counts: Bits) -> None:
    """Count each magnitude in each context; counts: shape (classes, neighbourhoods, TOP + 1)."""
    for row in range(levels.shape[0]):
        for column in range(levels.shape[1]):
            magnitude = min(abs(levels[row, column]), TOP)
            counts[classes[row, column], neighbourhood_of(levels, row, column), magnitude] += 1


@numba.njit(cache=True, nogil=True)
def total_bits(levels: LevelMatrix, classes: Classes, bits: Bits) -> float:
    """Bits of all levels."""
    found = 0.0
    for row in range(levels.shape[0]):
        for column in range(levels.shape[1]):
            context = bits[classes[row, column], neighbourhood_of(levels, row, column)]
            found += cost_of(abs(levels[row, column]), context)
    return found
