"""The scan of the preset `fast` over plain integers: whole segments of zeros in one decision. Compiled.

A row is cut into segments of 16 elements. A segment says whether it is all zero; if not, where its first hit is (one
symbol), and of each element after that whether it is hit. A hit has a symbol for sign and size, and bits for the rest.
Chances come from how dense the columns have been, and the row so far.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy.jit import kernel, part
from surp.codec.entropy.nibble import SYMBOLS, code_raw, code_symbol, new_distributions
from surp.codec.entropy.range_coder import (
    CERTAIN,
    COUNT,
    DECODING,
    FAST,
    POSITION,
    PRECISION,
    ROOM,
    SLOW,
    code_adaptive,
)

SEGMENT = 16
CLASSES = 12
"""Of densities; `_classes` has the edges."""
ROWS = 4
EMPTY = 0
HIT = EMPTY + CLASSES * ROWS
LENGTH = HIT + CLASSES * CLASSES * 2
CONTEXTS = LENGTH + 64
FIRST, SIZE = 0, 4
DISTRIBUTIONS = SIZE + 3
SMALL = 3
"""Magnitudes with symbols of their own, one a sign; then come three octaves, and the symbol of all the rest."""
_SHIFT = 5


def _classes() -> NDArray[np.int64]:
    """Class of a density in 256ths."""
    edges = (1, 2, 3, 5, 8, 13, 21, 34, 55, 90, 144)
    return np.searchsorted(edges, np.arange(257), side="right").astype(np.int64)


CLASS = _classes()
_MIDDLES = np.array([1, 1, 2, 4, 6, 10, 16, 27, 44, 70, 115, 190], dtype=np.int64)
"""A density of each class, in 256ths."""
_SIZES = np.array([12, 12, 10, 10, 8, 8, 7, 7, 6, 6, 3, 3, 2, 2, 1, 1], dtype=np.int64)
_TRUST = 4
"""Decisions that the first estimate of a hit counts for."""
_START = CERTAIN // 16
"""Density that rows and columns start with."""


class Estimates(NamedTuple):
    """cells: int64 (CONTEXTS, 3), as `range_coder` has them. symbols: int32 (DISTRIBUTIONS, 17), as `nibble`."""

    cells: NDArray[np.int64]
    symbols: NDArray[np.int32]


class Densities(NamedTuple):
    """width: elements a row. columns, row: int64 (width,) and (1,), densities so far in 65536ths."""

    width: int
    columns: NDArray[np.int64]
    row: NDArray[np.int64]


def new_estimates() -> Estimates:
    """Nothing seen: elements as dense as row and column say, sizes falling slowly."""
    cells = np.zeros((CONTEXTS, 3), dtype=np.int64)
    cells[:, (SLOW, FAST)] = 1 << (PRECISION - 1)
    chances = (_MIDDLES[:, None] + _MIDDLES[None, :]) << (PRECISION - 9)
    cells[HIT:LENGTH, (SLOW, FAST)] = np.repeat(chances.reshape(-1), 2)[:, None]
    cells[HIT:LENGTH, COUNT] = _TRUST
    symbols = new_distributions(DISTRIBUTIONS, np.ones(SYMBOLS, dtype=np.int64))
    symbols[SIZE:] = new_distributions(DISTRIBUTIONS - SIZE, _SIZES)
    return Estimates(cells, symbols)


def new_densities(width: int) -> Densities:
    return Densities(width, np.full(width, _START, dtype=np.int64), np.array([_START], dtype=np.int64))


@part
def _size_symbol(magnitude: Any) -> Any:
    """Half of a hit's symbol: 0 to 2 for 1 to 3, then octaves from 4, 8, 16, and 6 and 7 for 32 and more."""
    if magnitude < 4:
        return magnitude - 1
    return 3 if magnitude < 8 else (4 if magnitude < 16 else (5 if magnitude < 32 else 6))


@part
def _code_value(coder: Any, buffer: Any, estimates: Any, beside: Any, bounds: Any, level: Any) -> Any:
    """Code a level that is not 0; returns it, or 0 where a decoder meets one outside the bounds."""
    negative = 1 if level < 0 else 0
    excess = ~level if level < 0 else level - 1
    half = _size_symbol(excess + 1) if excess < 31 else 6
    symbol = code_symbol(coder, buffer, estimates.symbols, SIZE + beside, 2 * half + negative)
    half = symbol >> 1
    negative = symbol & 1
    if half < 3:
        excess = half
    elif half < 6:
        low = 1 << (half - 1)
        excess = low - 1 + code_raw(coder, buffer, excess + 1 - low, half - 1)
    else:
        excess = _code_large(coder, buffer, estimates.cells, excess)
    if excess < 0 or excess > (-1 - bounds[0] if negative else bounds[1] - 1):
        return 0
    return ~excess if negative else excess + 1


@kernel
def _code_large(coder: Any, buffer: Any, cells: Any, excess: Any) -> Any:
    """Code 31 <= excess < 2^63: its bit length in unary, then its bits; -1 where a decoder meets a longer one."""
    length = 5
    while code_adaptive(coder, buffer, cells, LENGTH + length, 1 if (excess >> length) > 0 else 0):
        length += 1
        if length == 64:
            return -1
    value = 1
    place = length - 1
    while place > 0:
        bits = min(place, 12)
        place -= bits
        value = (value << bits) | code_raw(coder, buffer, (excess >> place) & ((1 << bits) - 1), bits)
    return value


@part
def _segment_density(densities: Any, column: Any, size: Any) -> Any:
    total = 0
    for at in range(column, column + size):
        total += densities.columns[at]
    return total // size


@kernel
def code_levels_fast(
    coder: Any, buffer: Any, estimates: Any, levels: Any, start: Any, densities: Any, bounds: Any
) -> Any:
    """Code plain integers `levels[start:]`, where a segment begins.

    levels: int32 or int64, shape (n,); a decoder finds zeros there and fills them. bounds: int64, the least and
    the greatest level allowed. Returns the index reached: n when done, less where an encoder's buffer is full, and -1
    where a decoder meets a level outside the bounds.
    """
    width = densities.width
    index = start
    while index < levels.size:
        if not coder[DECODING] and coder[POSITION] + SEGMENT * ROOM > buffer.size:
            return index
        column = index % width
        size = min(SEGMENT, width - column, levels.size - index)
        if not _code_segment(coder, buffer, estimates, levels, index, size, densities, column, bounds):
            return -1
        index += size
    return levels.size


@part
def _code_segment(
    coder: Any,
    buffer: Any,
    estimates: Any,
    levels: Any,
    index: Any,
    size: Any,
    densities: Any,
    column: Any,
    bounds: Any,
) -> Any:
    """Code one segment; False where a decoder meets what no encoder writes."""
    first = 0
    while not coder[DECODING] and first < size and levels[index + first] == 0:
        first += 1
    density = CLASS[min((_segment_density(densities, column, size) * size) >> 8, 256)]
    row = CLASS[min(densities.row[0] >> 8, 256)] // 3
    context = EMPTY + density * ROWS + row
    if not code_adaptive(coder, buffer, estimates.cells, context, 1 if first < size else 0):
        _learn_empty(densities, column, size)
        return True
    first = code_symbol(coder, buffer, estimates.symbols, FIRST + row, first)
    if first >= size:
        return False
    return _code_rest(coder, buffer, estimates, levels, index, first, size, densities, column, bounds)


@part
def _learn_empty(densities: Any, column: Any, size: Any) -> None:
    for at in range(column, column + size):
        densities.columns[at] -= densities.columns[at] >> _SHIFT
    densities.row[0] -= densities.row[0] >> 2


@part
def _code_rest(
    coder: Any,
    buffer: Any,
    estimates: Any,
    levels: Any,
    index: Any,
    first: Any,
    size: Any,
    densities: Any,
    column: Any,
    bounds: Any,
) -> Any:
    """Code the elements of a segment from its first hit on, and learn its densities; False for an impossible level."""
    hits = 0
    before = 0
    row = CLASS[min(densities.row[0] >> 8, 256)]
    beside = 0
    for at in range(size):
        level = int(levels[index + at])
        hit = 1 if level else 0
        if at < first:
            hit = 0
        elif at > first:
            density = CLASS[min(densities.columns[column + at] >> 8, 256)]
            hit = code_adaptive(coder, buffer, estimates.cells, HIT + (density * CLASSES + row) * 2 + before, hit)
        else:
            hit = 1
        if hit:
            level = _code_value(coder, buffer, estimates, beside, bounds, level)
            if level == 0:
                return False
            if coder[DECODING]:
                levels[index + at] = level
            beside = 0 if -3 < level < 3 else (1 if -8 < level < 8 else 2)
            hits += 1
        before = hit
        densities.columns[column + at] += ((hit << 16) - densities.columns[column + at]) >> _SHIFT
    densities.row[0] += ((hits * CERTAIN) // size - densities.row[0]) >> 2
    return True
