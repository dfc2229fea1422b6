"""The preset `fast`: one adaptive estimate a decision. What encoder and decoder count alike, and the two scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy.contexts import AVERAGE, BINS, CONTEXTS, CROWDS, EDGES, HIT, REFINE, SIGN
from surp.codec.entropy.fast_scan import code_levels_fast, new_densities, new_estimates
from surp.codec.entropy.grid import width_of
from surp.codec.entropy.lane_code import LaneCode
from surp.codec.entropy.range_coder import CERTAIN, COUNT, FAST, PRECISION, SLOW
from surp.codec.entropy.scan import code_pass
from surp.codec.scan import Levels, Scan

_TRUST = 6
"""Decisions that a prior counts for."""
_FRESH = 4
"""Decisions that a tensor's average starts with, so that it leaves the tensor before quickly."""


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


class LineCounts(NamedTuple):
    """A tensor as rows of `width` elements, and per row and column: hits, hits expected, sum of signs."""

    width: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


def new_counts(shape: tuple[int, ...]) -> LineCounts:
    """Nothing counted yet."""
    width = width_of(shape)
    height = -(-int(np.prod(shape, dtype=np.int64)) // width)
    return LineCounts(width, np.zeros((height, 3), dtype=np.int64), np.zeros((width, 3), dtype=np.int64))


def begin_tensor(cells: NDArray[np.int64]) -> None:
    """Let the average forget the tensor before."""
    cells[AVERAGE, COUNT] = min(int(cells[AVERAGE, COUNT]), _FRESH)


class Counting:
    """Estimates of one section, alike in encoder and decoder."""

    KERNELS = (code_levels_fast, code_pass)

    def __init__(self) -> None:
        self.estimates = (new_estimates(), new_estimates())
        self.cells = new_cells()
        self.counts: list[LineCounts] = []

    def plain(self, code: LaneCode, scan: Scan, levels: Levels, bounds: NDArray[np.int64]) -> float:
        """Code one tensor of integers; returns the bits it took."""
        densities = new_densities(width_of(scan.shape))
        return code.run(code_levels_fast, levels.reshape(-1), self.estimates[scan.kind], densities, bounds)

    def begin_passes(self, shapes: Sequence[tuple[int, ...]]) -> None:
        self.counts = [new_counts(shape) for shape in shapes]

    def plane(self, code: LaneCode, index: int, levels: Levels, place: int) -> float:
        """Code one bit plane of one tensor; returns the bits it took."""
        begin_tensor(self.cells)
        return code.run(code_pass, levels.reshape(-1), self.cells, self.counts[index], place)
