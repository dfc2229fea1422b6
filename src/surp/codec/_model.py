"""State that encoder and decoder build up alike: context cells and what is counted per tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surp.codec._contexts import AVERAGE, BINS, CONTEXTS, CROWDS, EDGES, HIT, REFINE, SIGN
from surp.codec._rangecoder import CERTAIN, COUNT, FAST, PRECISION, SLOW

_TRUST = 6
"""Decisions that a prior counts for."""
_FRESH = 4
"""Decisions that a tensor's average starts with, so that it leaves the tensor before quickly."""
_NARROW, _WIDE, _FOLD = 16, 1 << 16, 256


def new_cells() -> NDArray[np.int64]:
    """Context cells before anything was seen: shape (CONTEXTS, 3). Estimates are in 2^PRECISION-ths."""
    cells = np.zeros((CONTEXTS, 3), dtype=np.int64)
    unit = 1 << (PRECISION - 16)
    cells[:, (SLOW, FAST)] = (CERTAIN // 2) * unit
    edges = (2, *EDGES, CERTAIN - 2)
    for index in range(BINS):
        middle = (edges[index] + edges[index + 1]) // 2
        first = HIT + index * CROWDS
        cells[first : first + CROWDS, (SLOW, FAST)] = middle * unit
        cells[first : first + CROWDS, COUNT] = _TRUST
    cells[SIGN:, COUNT] = 0
    cells[REFINE : REFINE + 16, (SLOW, FAST)] = (CERTAIN * 7 // 16) * unit
    cells[REFINE : REFINE + 16, COUNT] = _TRUST
    cells[AVERAGE, (SLOW, FAST)] = (CERTAIN // 8) * unit
    return cells


@dataclass
class Grid:
    """A tensor as rows of `width` elements, and per row and column: hits, hits expected, sum of signs."""

    width: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


def width_of(shape: tuple[int, ...]) -> int:
    """Elements a row of the scan has. Rows are the first dimension; vectors, very narrow and very wide tensors
    are folded, so that what is counted per row and column stays small beside the tensor."""
    size = int(np.prod(shape, dtype=np.int64))
    if len(shape) < 2 or size == 0:
        return max(1, min(size, _FOLD))
    width = size // shape[0]
    if width < _NARROW:
        return min(size, width * _NARROW)
    return min(width, _WIDE)


def new_grid(shape: tuple[int, ...]) -> Grid:
    """Nothing counted yet."""
    width = width_of(shape)
    height = -(-int(np.prod(shape, dtype=np.int64)) // width)
    return Grid(width, np.zeros((height, 3), dtype=np.int64), np.zeros((width, 3), dtype=np.int64))


def begin_tensor(cells: NDArray[np.int64]) -> None:
    """Let the average forget the tensor before."""
    cells[AVERAGE, COUNT] = min(int(cells[AVERAGE, COUNT]), _FRESH)
