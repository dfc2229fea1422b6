"""Which cells and signals a decision has, and how one decision of each sort is coded by mixing. Compiled parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from surp.codec.entropy import mixed_layout as at
from surp.codec.entropy.grid import (
    ALL_HITS,
    BY_ROW,
    EXPECTED,
    FACTOR,
    HITS,
    MASS,
    MEAN,
    NEAR,
    OWN,
    SIGNS,
    SIZES,
    SLOPE,
    WIDE,
    mean_length,
)
from surp.codec.entropy.jit import part
from surp.codec.entropy.logistic import LIMIT, STRETCH
from surp.codec.entropy.mixer import RATES, SEEN_LIMIT, SET, SIGNALS, chance_of, code_cell, code_mixed, learn_cell
from surp.codec.entropy.range_coder import CERTAIN, code_bit

BIAS = 256
"""Input that is always there."""
CROWD = np.array([min(3, pattern.bit_count()) for pattern in range(64)], dtype=np.int64)
"""Neighbours hit, up to three, of a pattern of bits."""
_STRETCHED = np.arange(-LIMIT, LIMIT + 1)
BIN = np.clip((_STRETCHED + 8 * 208) // 104, 0, at.BINS - 1).astype(np.int64)
DENSITY = np.clip((_STRETCHED + 1536) // 224, 0, at.DENSITIES - 1).astype(np.int64)
EVEN = CERTAIN >> 1
MIXED_LENGTHS = 3
"""How many of the unary decisions of a length are mixed; the preset `max` mixes all of them."""


@part
def average_of(memory: Any) -> Any:
    """The tensor's average, in 65536ths."""
    return min(max(chance_of(memory, at.AVERAGE), 16), CERTAIN - 16)


@part
def _ratio_class(value: Any) -> Any:
    return min(max((value + 768) >> 6, 0), at.RATIOS - 1)


@part
def code_hit(
    coder: Any,
    buffer: Any,
    memory: Any,
    decision: Any,
    deep: Any,
    grid: Any,
    row: Any,
    column: Any,
    pattern: Any,
    mask: Any,
    window: Any,
    bit: Any,
) -> Any:
    """Code whether an element is hit, and count it. pattern: 6 bits, neighbours hit; mask: those that are close.
    window: hits among the elements around, 0 to 11 (`max` only)."""
    columns, rows = grid.columns, grid.rows
    average = average_of(memory)
    level = int(STRETCH[average])
    density = DENSITY[level + LIMIT]
    crowd = CROWD[pattern & mask]
    by_row, own, hint = grid.totals[BY_ROW], columns[column, OWN], grid.hints[column]
    cell = at.HIT_BIN + BIN[min(max(level + by_row + own, -LIMIT), LIMIT) + LIMIT] * 4 + crowd
    if deep or density < at.DENSITIES - 1:
        decision[0] = cell
        decision[1] = at.HIT_PATTERN + pattern * at.DENSITIES + density
        decision[2] = at.HIT_RATIOS + _ratio_class(by_row) * at.RATIOS + _ratio_class(own)
        counted, second = 3, 0
        if deep:
            decision[3] = at.HIT_HINT + _ratio_class(hint) * at.DENSITIES + density
            decision[4] = at.HIT_NEAR + _ratio_class(columns[column, NEAR]) * at.DENSITIES + density
            decision[5] = at.HIT_WIDE + _ratio_class(columns[column, WIDE]) * at.DENSITIES + density
            decision[6] = at.HIT_WINDOW + window * at.DENSITIES + density
            counted, second = 7, at.SET_HIT_SLOW + density * SET
        first = SIGNALS + counted
        decision[first] = level
        decision[first + 1] = by_row
        decision[first + 2] = own
        decision[first + 3] = hint
        bit = code_mixed(coder, buffer, memory, decision, at.SET_HIT + crowd * SET, second, counted, counted + 4, bit)
    else:
        bit = code_cell(coder, buffer, memory, cell, bit)
    learn_cell(memory, at.AVERAGE, bit)
    rows[row, EXPECTED] += (average * columns[column, FACTOR]) >> 8
    if bit:
        rows[row, HITS] += 1
        columns[column, HITS] += 1
        grid.totals[ALL_HITS] += 1
    return bit


@part
def _score(value: Any) -> Any:
    """A sum of signs in 16 classes: 0 to 15, 8 for 0."""
    strength = -value if value < 0 else value
    size = strength if strength < 4 else (4 if strength < 6 else (5 if strength < 10 else (6 if strength < 18 else 7)))
    return 8 - size if value < 0 else 8 + size


@part
def code_sign(
    coder: Any,
    buffer: Any,
    memory: Any,
    decision: Any,
    deep: Any,
    grid: Any,
    row: Any,
    column: Any,
    pattern: Any,
    crowd: Any,
    balance: Any,
    bit: Any,
) -> Any:
    """Code a sign (1 = negative). pattern: four neighbours' signs as digits of 3; crowd: neighbours hit, 0 to 3.
    balance: sum of the signs around (`max` only)."""
    columns, rows = grid.columns, grid.rows
    slope = _score(columns[column, SLOPE])
    decision[0] = at.SIGN_PATTERN + pattern
    decision[1] = at.SIGN_ROW + _score(rows[row, SIGNS])
    decision[2] = at.SIGN_COLUMN + _score(columns[column, SIGNS])
    decision[3] = at.SIGN_NEAR + slope
    counted, second = 4, 0
    if deep:
        decision[4] = at.SIGN_WINDOW + _score(balance)
        decision[5] = at.SIGN_SUM + _score(balance) * at.SCORES + slope
        counted, second = 6, at.SET_SIGN_SLOW + crowd * SET
    decision[SIGNALS + counted] = BIAS
    bit = code_mixed(coder, buffer, memory, decision, at.SET_SIGN, second, counted, counted + 1, bit)
    rows[row, SIGNS] += 1 - 2 * bit
    columns[column, SIGNS] += 1 - 2 * bit
    return bit


@part
def code_excess(
    coder: Any,
    buffer: Any,
    memory: Any,
    decision: Any,
    deep: Any,
    grid: Any,
    row: Any,
    column: Any,
    beside: Any,
    excess: Any,
) -> Any:
    """Code a magnitude minus one: its bit length in unary, three mantissa bits, the rest as they are.

    beside: 0 to 35, from the neighbours' lengths. 0 <= excess < 2^63; returns it, or -1 where a decoder meets a longer
    one.
    """
    columns, rows, totals = grid.columns, grid.rows, grid.totals
    mean = totals[MEAN]
    whole = _mean_class(mean)
    by_row = _mean_class(mean_length(rows[row, MASS], rows[row, HITS] - 1, mean))
    by_column = _mean_class(mean_length(columns[column, MASS], columns[column, HITS] - 1, mean))
    joint = by_row * at.MEANS + by_column
    counted, second = (3, at.SET_LENGTH_SLOW + whole * SET) if deep else (2, 0)
    length, more = 0, 1
    while more and length < at.LENGTHS:
        kind = min(length, at.CLASSES - 1)
        longer = 1 if (excess >> length) > 0 else 0
        cell = at.LENGTH_JOINT + kind * at.MEANS * at.MEANS + joint
        if deep or length < MIXED_LENGTHS:
            decision[0] = cell
            decision[1] = at.LENGTH_BESIDE + kind * 36 + beside
            decision[2] = at.LENGTH_OWN + length
            decision[SIGNALS + counted] = BIAS
            chosen = at.SET_LENGTH + kind * SET
            more = code_mixed(coder, buffer, memory, decision, chosen, second, counted, counted + 1, longer)
        else:
            more = code_cell(coder, buffer, memory, cell, longer)
        length += more
    value = length
    if length == at.LENGTHS:
        value = -1
    else:
        seen = totals[SIZES]
        totals[MEAN] = mean + (((length << 8) - mean) * int(RATES[min(seen, SEEN_LIMIT)]) >> 16)
        totals[SIZES] = seen + 1
        rows[row, MASS] += length
        columns[column, MASS] += length
        if length > 1:
            value = _code_mantissa(coder, buffer, memory, length, whole, excess)
    return value


@part
def _mean_class(mean: Any) -> Any:
    """A mean length in MEANS classes."""
    return min(mean >> 6, at.MEANS - 1)


@part
def _code_mantissa(coder: Any, buffer: Any, memory: Any, length: Any, whole: Any, excess: Any) -> Any:
    """The bits below the leading one, high to low."""
    value = 1
    kind = min(length, at.CLASSES - 1) * 8
    for place in range(length - 2, -1, -1):
        bit = (excess >> place) & 1
        if value < 8:
            bit = code_cell(coder, buffer, memory, at.MANTISSA + (kind + value) * at.MEANS + whole, bit)
        else:
            bit = code_bit(coder, buffer, EVEN, bit)
        value = 2 * value + bit
    return value


@part
def code_refine(coder: Any, buffer: Any, memory: Any, decision: Any, known: Any, beside: Any, bit: Any) -> Any:
    """Code a further bit of a magnitude. known: its bits so far. beside: neighbours hit, 0 to 2."""
    age = 3 if known > 7 else (2 if known > 3 else (1 if known > 1 else 0))
    context = age * 4 + (known & 3)
    decision[0] = at.REFINE_OWN + context
    decision[1] = at.REFINE_DENSITY + context * at.DENSITIES + DENSITY[int(STRETCH[average_of(memory)]) + LIMIT]
    decision[2] = at.REFINE_BESIDE + context * 3 + beside
    decision[SIGNALS + 3] = BIAS
    chosen = at.SET_REFINE + (SET if age else 0)
    return code_mixed(coder, buffer, memory, decision, chosen, 0, 3, 4, bit)
