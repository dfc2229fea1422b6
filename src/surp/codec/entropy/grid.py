"""What is counted per row and column of a tensor while it is coded, and what it says of the next rows. Compiled parts.

A tensor is seen as rows of `width` elements; density is taken as tensor average x row factor x column factor. A row's
factor is its hits (non-zeros so far) over those expected from average and columns; a column's is its hits over the
mean of all columns. Columns of a row-major weight are input units; neighbouring ones (pixels left and right, above and
below) and those of one block (the kernel positions of one channel) are alike, so a column's few hits are put beside
those of its neighbourhood, and these beside those of a wider one.
"""

from __future__ import annotations

from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy.jit import kernel, part
from surp.codec.entropy.logistic import LOGS, RATIO_LIMIT, RATIO_ONE
from surp.codec.entropy.mixer import slow_down

HITS, SIGNS, MASS, FACTOR, OWN, NEAR, WIDE, SLOPE = range(8)
"""Fields of a column: hits, sum of signs, sum of lengths; factor in 256ths, its logarithm, those of the neighbourhoods,
sum of signs around."""
EXPECTED = FACTOR
"""Fourth field of a row: hits expected, in 65536ths."""
ALL_HITS, MEAN, SIZES, BY_ROW = range(4)
"""Fields of the totals: hits; mean length in 256ths, and how many it was taken from; the row's factor, stretched."""
COLUMN_SHRINK, ROW_SHRINK = 2, 1
"""Hits that a factor is given beforehand, at the factor of what is around it."""
FULL_ROWS, REFRESH = 16, 4
"""The columns' factors are computed before each of the first rows, and then before every REFRESH-th."""
ROW_REFRESH = 8
"""The row's factor is computed before every ROW_REFRESH-th element."""
SHARES = np.array([(1 << 20) // (n + 2) for n in range(1024)], dtype=np.int64)
"""1 / (n + 2) in 2^-20ths."""
_NARROW, _WIDE, _FOLD = 16, 1 << 16, 256


class Grid(NamedTuple):
    """width: elements a row. period: distance of vertical neighbours in a row, 0 for none. block: columns of one input
    channel. rows: int64 (height, 4), columns: int64 (width, 8). hints: int64 (width,), stretched, from the tensor
    before. totals: int64 (4,). pooled: int64 (2, width), columns in each neighbourhood. blurs: int64 (3, width), for
    scratch.
    """

    width: int
    period: int
    block: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    hints: NDArray[np.int64]
    totals: NDArray[np.int64]
    pooled: NDArray[np.int64]
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


def new_grid(shape: tuple[int, ...], before: Grid | None) -> Grid:
    """Nothing counted yet. before: grid of the weights coded before, whose rows may be this tensor's columns."""
    width = width_of(shape)
    height = -(-int(np.prod(shape, dtype=np.int64)) // width)
    columns = np.zeros((width, 8), dtype=np.int64)
    columns[:, FACTOR] = RATIO_ONE
    block = max(int(np.prod(shape[2:], dtype=np.int64)) if len(shape) > 2 else 1, _repeat(width, before))
    grid = Grid(
        width,
        _period(shape, width, block),
        block,
        np.zeros((height, 4), dtype=np.int64),
        columns,
        np.zeros(width, dtype=np.int64),
        np.zeros(4, dtype=np.int64),
        np.ones((2, width), dtype=np.int64),
        np.zeros((3, width), dtype=np.int64),
    )
    grid.pooled[0] = _neighbours(grid.pooled[0], grid)
    grid.pooled[1] = _block_sizes(width, block) if block > 1 else _neighbours(grid.pooled[0], grid)
    take_hints(grid, before)
    return grid


def _neighbours(counts: NDArray[np.int64], grid: Grid) -> NDArray[np.int64]:
    """What the kernel `_spread` does."""
    for wanted in (1, grid.period or 2):
        stride = min(wanted, counts.size)  # the extents of an empty tensor may be absurd
        padded = np.concatenate([np.zeros(stride, dtype=np.int64), counts, np.zeros(stride, dtype=np.int64)])
        counts = counts + padded[: counts.size] + padded[2 * stride :]
    return counts


def _block_sizes(width: int, block: int) -> NDArray[np.int64]:
    """Columns in the block of each column; the last block may be shorter."""
    first = np.arange(width) // block * block
    return np.minimum(block, width - first).astype(np.int64)


def take_hints(grid: Grid, before: Grid | None) -> None:
    """Let the rows of the weights coded before say which columns are dense, if their number fits."""
    repeat = _repeat(grid.width, before)
    if before is not None and repeat:
        counts = before.rows
        ratios = ((counts[:, HITS] + 1) * (RATIO_ONE << 16)) // (counts[:, EXPECTED] + (1 << 16))
        grid.hints[:] = np.repeat(LOGS[np.minimum(ratios, RATIO_LIMIT)], repeat)


def _repeat(width: int, before: Grid | None) -> int:
    """Columns that each row of `before` makes, 0 if the numbers do not fit."""
    height = before.rows.shape[0] if before is not None else 0
    return width // height if height > 1 and width % height == 0 else 0


def _period(shape: tuple[int, ...], width: int, block: int) -> int:
    """How far apart in a row two elements are that lie above each other in a picture; 0 for none, or a picture too
    narrow for a window of five by five."""
    picture = block if block > 1 else width
    side = shape[-1] if len(shape) > 3 else isqrt(picture)
    return side if side > 2 and (len(shape) > 3 or side * side == picture) else 0


@part
def log_ratio(ratio: Any) -> Any:
    """ln of a ratio in 256ths, in units of the logistic domain."""
    return int(LOGS[min(ratio, RATIO_LIMIT)])


@part
def begin_element(grid: Any, decision: Any, row: Any, column: Any) -> None:
    """Compute again what is due before an element: learning rate, factors of all columns, the row's factor."""
    if column == 0:
        slow_down(decision)
        if row < FULL_ROWS or row % REFRESH == 0:
            refresh(grid)
    if column % ROW_REFRESH == 0:
        hits = grid.rows[row, HITS] + ROW_SHRINK
        expected = grid.rows[row, EXPECTED] + (ROW_SHRINK << 16)
        grid.totals[BY_ROW] = log_ratio(hits * (RATIO_ONE << 16) // expected)


@part
def mean_length(mass: Any, sizes: Any, mean: Any) -> Any:
    """Mean of `sizes` lengths that add up to `mass`, with two of the tensor's mean beside them, in 256ths."""
    total = (mass << 8) + 2 * mean
    return total * SHARES[sizes] >> 20 if sizes < SHARES.size else total // (sizes + 2)


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


@part
def _spread(grid: Any, counts: Any, scratch: Any) -> None:
    """Counts pooled over a neighbourhood of three by three."""
    _pool(counts, scratch, grid.width, 1)
    _pool(scratch, counts, grid.width, grid.period if grid.period else 2)


@part
def _widen(grid: Any, counts: Any, spread: Any, scratch: Any) -> None:
    """Counts pooled over the wider neighbourhood, into `spread`, which holds them pooled once: all of the block, or
    where columns have no blocks the neighbourhood's neighbourhood."""
    if grid.block > 1:
        for first in range(0, grid.width, grid.block):
            last = min(first + grid.block, grid.width)
            total = 0
            for column in range(first, last):
                total += counts[column]
            for column in range(first, last):
                spread[column] = total
    else:
        _spread(grid, spread, scratch)


@kernel
def refresh(grid: Any) -> None:
    """Factors of the columns from the hits so far, for the rows to come."""
    near, wide, scratch = grid.blurs[0], grid.blurs[1], grid.blurs[2]
    columns, pooled = grid.columns, grid.pooled
    for column in range(grid.width):
        near[column] = columns[column, HITS]
    _spread(grid, near, scratch)
    for column in range(grid.width):
        wide[column] = near[column]
        scratch[column] = columns[column, HITS]
    _widen(grid, scratch, wide, scratch)
    expected = (grid.totals[ALL_HITS] << 8) // grid.width
    shrink = COLUMN_SHRINK << 8
    for column in range(grid.width):
        widest = ((wide[column] << 16) + (shrink << 8)) // (expected * pooled[1, column] + shrink)
        around = ((near[column] << 16) + shrink * widest) // (expected * pooled[0, column] + shrink)
        own = min(((columns[column, HITS] << 16) + shrink * around) // (expected + shrink), RATIO_LIMIT)
        columns[column, FACTOR] = own
        columns[column, OWN] = log_ratio(own)
        columns[column, NEAR] = log_ratio(around)
        columns[column, WIDE] = log_ratio(widest)
        near[column] = columns[column, SIGNS]
    _spread(grid, near, scratch)
    for column in range(grid.width):
        columns[column, SLOPE] = near[column]
