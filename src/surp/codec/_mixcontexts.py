"""Which cells and signals a decision has, and how one decision of each sort is coded by mixing. Compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from surp.codec._grid import EXPECTED, HINT, HITS, MASS, NEAR, OWN, SIGNS, SLOPE, UNITY, WIDE, ratio
from surp.codec._jit import kernel
from surp.codec._logistic import LIMIT, STRETCH
from surp.codec._mixer import PRECISION, P, code_mixed, learn_cell
from surp.codec._rangecoder import CERTAIN, code_bit

BINS = 32
DENSITIES = 8
LENGTHS = 64
CLASSES = 8
HEFTS = 12
# cells
HIT_BIN = 0
HIT_PATTERN = HIT_BIN + BINS * 4
HIT_ROW = HIT_PATTERN + 64 * DENSITIES
HIT_COLUMN = HIT_ROW + 24 * DENSITIES
SIGN_PATTERN = HIT_COLUMN + 24 * DENSITIES
SIGN_ROW = SIGN_PATTERN + 81
SIGN_COLUMN = SIGN_ROW + 16
SIGN_NEAR = SIGN_COLUMN + 16
LENGTH_OWN = SIGN_NEAR + 16
LENGTH_HEFT = LENGTH_OWN + LENGTHS
LENGTH_BESIDE = LENGTH_HEFT + CLASSES * HEFTS
LENGTH_ROW = LENGTH_BESIDE + CLASSES * 36
LENGTH_COLUMN = LENGTH_ROW + CLASSES * HEFTS * 4
MANTISSA_OWN = LENGTH_COLUMN + CLASSES * HEFTS * 4
MANTISSA_HEFT = MANTISSA_OWN + LENGTHS * 8
REFINE_OWN = MANTISSA_HEFT + CLASSES * 8 * HEFTS
REFINE_HEFT = REFINE_OWN + 16
REFINE_BESIDE = REFINE_HEFT + 16 * DENSITIES
HIT_WINDOW = REFINE_BESIDE + 16 * 3
HIT_WIDE = HIT_WINDOW + 12 * DENSITIES
HIT_HINT = HIT_WIDE + 24 * DENSITIES
SIGN_WINDOW = HIT_HINT + 24 * DENSITIES
SIGN_SUM = SIGN_WINDOW + 16
LENGTH_DENSITY = SIGN_SUM + 16 * 16
AVERAGE = LENGTH_DENSITY + CLASSES * 16
CELLS = AVERAGE + 1
OWN_CELLS = ((LENGTH_OWN, LENGTH_HEFT), (MANTISSA_OWN, MANTISSA_HEFT))
"""Cells of one tensor's own distribution of magnitudes."""
# sets of weights
SET_HIT = 0
SET_SIGN = 4
SET_LENGTH = 5
SET_MANTISSA = SET_LENGTH + CLASSES
SET_REFINE = SET_MANTISSA + 3
SET_HIT_DENSITY = SET_REFINE + 2
SETS = SET_HIT_DENSITY + DENSITIES


HIT_CELLS, DEEP_HIT_CELLS, HIT_SIGNALS = 4, 7, 8
BIAS = 256
"""Input that is always there."""

CROWD = np.array([min(3, pattern.bit_count()) for pattern in range(64)], dtype=np.int64)
"""Neighbours hit, up to three, of a pattern of bits."""

MIDDLE_BINS = np.clip((np.arange(-LIMIT, LIMIT + 1) + 8 * 208) // 104, 0, BINS - 1).astype(np.int64)
DENSITY = np.clip((np.arange(-LIMIT, LIMIT + 1) + 1536) // 224, 0, DENSITIES - 1).astype(np.int64)


@kernel
def _clip(value: Any, limit: Any) -> Any:
    return min(max(value, -limit), limit)


@kernel
def average_of(mixer: Any) -> Any:
    return min(max(int(mixer.cells[AVERAGE, P]) >> (PRECISION - 16), 16), CERTAIN - 16)


@kernel
def _ratio_class(value: Any) -> Any:
    return min(max((value + 768) >> 6, 0), 23)


@kernel
def _pick_hit(
    mixer: Any, grid: Any, column: Any, by_row: Any, level: Any, pattern: Any, crowd: Any, window: Any
) -> Any:
    """Name the cells of a hit; returns how many. level: the tensor's average, stretched."""
    near = grid.signals[column, NEAR]
    density = DENSITY[level + LIMIT]
    guess = _clip(level + by_row + ((grid.signals[column, OWN] + near) >> 1), LIMIT)
    picks = mixer.picks
    picks[0] = HIT_BIN + MIDDLE_BINS[guess + LIMIT] * 4 + crowd
    picks[1] = HIT_PATTERN + pattern * DENSITIES + density
    picks[2] = HIT_ROW + _ratio_class(by_row) * DENSITIES + density
    picks[3] = HIT_COLUMN + _ratio_class(near) * DENSITIES + density
    if not mixer.deep:
        return HIT_CELLS
    picks[4] = HIT_WINDOW + window * DENSITIES + density
    picks[5] = HIT_WIDE + _ratio_class(grid.signals[column, WIDE]) * DENSITIES + density
    picks[6] = HIT_HINT + _ratio_class(grid.signals[column, HINT]) * DENSITIES + density
    return DEEP_HIT_CELLS


@kernel
def _signal_hit(mixer: Any, grid: Any, row: Any, column: Any, by_row: Any, level: Any, first: Any) -> None:
    """What average, row and column say by themselves, from input `first` on."""
    signals = mixer.signals
    signals[first] = BIAS
    signals[first + 1] = level
    signals[first + 2] = by_row
    signals[first + 3] = grid.signals[column, OWN]
    signals[first + 4] = grid.signals[column, NEAR]
    signals[first + 5] = grid.signals[column, WIDE]
    signals[first + 6] = grid.signals[column, HINT]
    signals[first + 7] = grid.row_hints[row]


@kernel
def code_hit(
    coder: Any,
    buffer: Any,
    mixer: Any,
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
    average = average_of(mixer)
    level = int(STRETCH[average])
    crowd = CROWD[pattern & mask]
    by_row = ratio(grid.rows[row, HITS], grid.rows[row, EXPECTED])
    counted = _pick_hit(mixer, grid, column, by_row, level, pattern, crowd, window)
    _signal_hit(mixer, grid, row, column, by_row, level, counted)
    second = SET_HIT_DENSITY + DENSITY[level + LIMIT] if mixer.deep else -1
    bit = code_mixed(coder, buffer, mixer, SET_HIT + crowd, second, counted, counted + HIT_SIGNALS, bit)
    learn_cell(mixer.cells, AVERAGE, bit)
    grid.rows[row, EXPECTED] += average
    grid.columns[column, EXPECTED] += average
    if bit:
        grid.rows[row, HITS] += UNITY
        grid.columns[column, HITS] += UNITY
    return bit


@kernel
def _score(value: Any) -> Any:
    """A sum of signs in 16 classes: 0 to 15, 8 for 0."""
    strength = -value if value < 0 else value
    size = strength if strength < 4 else (4 if strength < 6 else (5 if strength < 10 else (6 if strength < 18 else 7)))
    return 8 - size if value < 0 else 8 + size


@kernel
def code_sign(
    coder: Any, buffer: Any, mixer: Any, grid: Any, row: Any, column: Any, pattern: Any, balance: Any, bit: Any
) -> Any:
    """Code a sign (1 = negative). pattern: four neighbours' signs as digits of 3. balance: sum of the signs
    around (`max` only)."""
    by_row = grid.rows[row, SIGNS]
    by_column = grid.columns[column, SIGNS]
    slope = grid.signals[column, SLOPE]
    picks = mixer.picks
    picks[0] = SIGN_PATTERN + pattern
    picks[1] = SIGN_ROW + _score(by_row)
    picks[2] = SIGN_COLUMN + _score(by_column)
    picks[3] = SIGN_NEAR + _score(slope)
    counted = 4
    if mixer.deep:
        picks[4] = SIGN_WINDOW + _score(balance)
        picks[5] = SIGN_SUM + _score(balance) * 16 + _score(slope)
        counted = 6
    mixer.signals[counted] = BIAS
    bit = code_mixed(coder, buffer, mixer, SET_SIGN, -1, counted, counted + 1, bit)
    grid.rows[row, SIGNS] += 1 - 2 * bit
    grid.columns[column, SIGNS] += 1 - 2 * bit
    return bit


@kernel
def heft(mass: Any, hits: Any, mean: Any) -> Any:
    """Mean length of the magnitudes counted, with two of the tensor's mean before them, in HEFTS classes.

    mass: sum of lengths; hits in UNITY-ths; mean in 256ths."""
    count = hits >> 16
    value = (mass * 256 + 2 * mean) // (count + 2)
    return min(value >> 6, HEFTS - 1)


@kernel
def code_excess(coder: Any, buffer: Any, mixer: Any, grid: Any, row: Any, column: Any, beside: Any, excess: Any) -> Any:
    """Code a magnitude minus one: its bit length in unary, three mantissa bits, the rest as they are.

    beside: 0 to 35, from the neighbours' lengths.
    0 <= excess < 2^63; returns it, or -1 where a decoder meets a longer one.
    """
    mean = (grid.totals[0] * 256 + 256) // (grid.totals[1] + 1)
    whole = min(mean >> 6, HEFTS - 1)
    by_row = heft(grid.rows[row, MASS], grid.rows[row, HITS] - UNITY, mean)
    by_column = heft(grid.columns[column, MASS], grid.columns[column, HITS] - UNITY, mean)
    picks = mixer.picks
    length = 0
    while True:
        at = min(length, CLASSES - 1)
        picks[0] = LENGTH_OWN + length
        picks[1] = LENGTH_HEFT + at * HEFTS + whole
        picks[2] = LENGTH_BESIDE + at * 36 + beside
        picks[3] = LENGTH_ROW + (at * HEFTS + by_row) * 4 + min(whole >> 1, 3)
        picks[4] = LENGTH_COLUMN + (at * HEFTS + by_column) * 4 + min(whole >> 1, 3)
        mixer.signals[5] = BIAS
        more = code_mixed(coder, buffer, mixer, SET_LENGTH + at, -1, 5, 6, 1 if (excess >> length) > 0 else 0)
        if not more:
            break
        length += 1
        if length == LENGTHS:
            return -1
    grid.totals[0] += length
    grid.totals[1] += 1
    grid.rows[row, MASS] += length
    grid.columns[column, MASS] += length
    if length < 2:
        return length
    return _mantissa(coder, buffer, mixer, length, whole, excess)


@kernel
def _mantissa(coder: Any, buffer: Any, mixer: Any, length: Any, whole: Any, excess: Any) -> Any:
    node = 1
    value = 1
    at = min(length, CLASSES - 1)
    for place in range(length - 2, -1, -1):
        bit = (excess >> place) & 1
        if node < 8:
            mixer.picks[0] = MANTISSA_OWN + length * 8 + node
            mixer.picks[1] = MANTISSA_HEFT + (at * 8 + node) * HEFTS + whole
            mixer.signals[2] = BIAS
            bit = code_mixed(coder, buffer, mixer, SET_MANTISSA + min(length - 2, 2), -1, 2, 3, bit)
            node = 2 * node + bit
        else:
            bit = code_bit(coder, buffer, CERTAIN >> 1, bit)
        value = 2 * value + bit
    return value


@kernel
def code_refine(coder: Any, buffer: Any, mixer: Any, known: Any, beside: Any, bit: Any) -> Any:
    """Code a further bit of a magnitude. known: its bits so far. beside: neighbours hit, 0 to 2."""
    age = 3 if known > 7 else (2 if known > 3 else (1 if known > 1 else 0))
    context = age * 4 + (known & 3)
    mixer.picks[0] = REFINE_OWN + context
    mixer.picks[1] = REFINE_HEFT + context * DENSITIES + DENSITY[int(STRETCH[average_of(mixer)]) + LIMIT]
    mixer.picks[2] = REFINE_BESIDE + context * 3 + beside
    mixer.signals[3] = BIAS
    return code_mixed(coder, buffer, mixer, SET_REFINE + (1 if age else 0), -1, 3, 4, bit)
