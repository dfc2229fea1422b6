"""What is counted per row and column of a tensor while it is coded, and what it says of the next row. Compiled parts.

A tensor is seen as rows of `width` elements. Hits (non-zeros so far) are put beside the number expected from the
tensor's average: the logarithm of the ratio is a signal of its own. Columns of a row-major weight are input units;
neighbouring ones (pixels left and right, above and below) and those of one block (the kernel positions of one channel)
are alike, so their counts are pooled, which is what helps where a column has seen no hit or one.
"""

from __future__ import annotations

from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.codec._jit import kernel
from surp.codec._logistic import LOGS, RATIO_LIMIT

HITS, EXPECTED, SIGNS, MASS = 0, 1, 2, 3
OWN, NEAR, WIDE, HINT, SLOPE = 0, 1, 2, 3, 4
SIGNALS = 5
SHRINK = 1 << 16
"""The hit that every count is given beforehand, and expected: small samples say little."""
UNITY = 1 << 16
_NARROW, _WIDE, _FOLD = 16, 1 << 16, 256


class Grid(NamedTuple):
    """width: elements a row. period: distance of vertical neighbours in a row, 0 for none. block: columns of one input
    channel. rows, columns: int64 (height, 4), (width, 4), counts. signals: int64 (width, SIGNALS), per column, of the
    row to come. row_hints: int64 (height,). totals: int64 (2,), lengths and
    number of the magnitudes coded. blurs: int64 (3, width), scratch."""

    width: int
    period: int
    block: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    signals: NDArray[np.int64]
    row_hints: NDArray[np.int64]
    totals: NDArray[np.int64]
    blurs: NDArray[np.int64]


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


def new_grid(shape: tuple[int, ...], before: Grid | None, hints: NDArray[np.int64] | None) -> Grid:
    """Nothing counted yet. before: grid of the weights coded before, whose rows may be this tensor's columns.
    hints: of a vector coded before, one a row."""
    width = width_of(shape)
    height = -(-int(np.prod(shape, dtype=np.int64)) // width)
    signals = np.zeros((width, SIGNALS), dtype=np.int64)
    block = int(np.prod(shape[2:], dtype=np.int64)) if len(shape) > 2 else 1
    if before is not None and before.rows.shape[0] > 1 and width % before.rows.shape[0] == 0:
        repeat = width // before.rows.shape[0]
        block = max(block, repeat)
        signals[:, HINT] = np.repeat(_ratios(before.rows), repeat)
    row_hints = hints if hints is not None and hints.size == height else np.zeros(height, dtype=np.int64)
    counts = [np.zeros((extent, 4), dtype=np.int64) for extent in (height, width)]
    totals, blurs = np.zeros(2, dtype=np.int64), np.zeros((3, width), dtype=np.int64)
    return Grid(width, _period(shape, width, block), block, counts[0], counts[1], signals, row_hints, totals, blurs)


def _period(shape: tuple[int, ...], width: int, block: int) -> int:
    """How far apart in a row two elements are that lie above each other in a picture; 0 for none, or a picture too
    narrow for a window of five by five."""
    picture = block if block > 1 else width
    side = shape[-1] if len(shape) > 3 else isqrt(picture)
    return side if side > 2 and (len(shape) > 3 or side * side == picture) else 0


def _ratios(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    ratios = ((counts[:, HITS] + SHRINK) << 8) // (counts[:, EXPECTED] + SHRINK)
    return LOGS[np.minimum(ratios, RATIO_LIMIT)].astype(np.int64)


@kernel
def ratio(hits: Any, expected: Any) -> Any:
    """ln((hits + 1) / (expected + 1)) in units of the logistic domain; both in UNITY-ths."""
    return int(LOGS[min(((hits + SHRINK) << 8) // (expected + SHRINK), RATIO_LIMIT)])


@kernel
def _pool(source: Any, target: Any, width: Any, stride: Any) -> None:
    """Each column with the two `stride` beside it."""
    for column in range(width):
        total = source[column]
        if column >= stride:
            total += source[column - stride]
        if column + stride < width:
            total += source[column + stride]
        target[column] = total


@kernel
def _blocks(grid: Any, source: Any, target: Any) -> None:
    """Each column with all of its block."""
    for first in range(0, grid.width, grid.block):
        last = min(first + grid.block, grid.width)
        total = 0
        for column in range(first, last):
            total += source[column]
        for column in range(first, last):
            target[column] = total


@kernel
def _ratios_into(grid: Any, hits: Any, expected: Any, signal: Any) -> None:
    for column in range(grid.width):
        grid.signals[column, signal] = ratio(hits[column], expected[column])


@kernel
def _spread(grid: Any, counts: Any, scratch: Any) -> None:
    """Counts pooled over a neighbourhood of three by three."""
    _pool(counts, scratch, grid.width, 1)
    _pool(scratch, counts, grid.width, grid.period if grid.period else 2)


@kernel
def _load(grid: Any, kind: Any, target: Any) -> None:
    for column in range(grid.width):
        target[column] = grid.columns[column, kind]


@kernel
def begin_row(grid: Any) -> None:
    """Signals of the columns for the row to come."""
    hits, expected, scratch = grid.blurs[0], grid.blurs[1], grid.blurs[2]
    _load(grid, HITS, hits)
    _load(grid, EXPECTED, expected)
    _ratios_into(grid, hits, expected, OWN)
    _spread(grid, hits, scratch)
    _spread(grid, expected, scratch)
    _ratios_into(grid, hits, expected, NEAR)
    if grid.block > 1:
        _load(grid, HITS, scratch)
        _blocks(grid, scratch, hits)
        _load(grid, EXPECTED, scratch)
        _blocks(grid, scratch, expected)
    else:
        _spread(grid, hits, scratch)
        _spread(grid, expected, scratch)
    _ratios_into(grid, hits, expected, WIDE)
    _load(grid, SIGNS, hits)
    _spread(grid, hits, scratch)
    for column in range(grid.width):
        grid.signals[column, SLOPE] = hits[column]
