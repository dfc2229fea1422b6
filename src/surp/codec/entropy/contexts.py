"""What a decision's probability is taken from, and how one decision of each sort is coded. Compiled.

A tensor is seen as rows of `width` elements (`_model.Grid`). The chance that an element is hit is predicted as

    chance = average * (row hits / expected row hits) * (column hits / expected column hits)

where the expectation is what the tensor's average said at each element. Its logarithm, quantised, and the
number of neighbours hit are the context; the context's own adaptive estimate is what codes. So contexts mean the
same in every tensor and every pass, and a small model learns each of them once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from surp.codec.entropy.jit import kernel
from surp.codec.entropy.range_coder import (
    CERTAIN,
    code_adaptive,
    estimate,
    learn,
)

HITS, EXPECTED, SIGNS = 0, 1, 2
SHRINK = 1 << 16
"""The hit that every row and column is given beforehand, and expected: small samples say little."""

EDGES = (
    *(4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024, 1448, 2048, 2896, 4096, 5793),
    *(8192, 11585, 16384, 23170, 32768, 42366, 49152, 53951, 57344, 59743, 61440),
)
"""Chances (in 65536ths) at which the context changes: half octaves, of the odds' smaller side."""
BINS = len(EDGES) + 1
_FINE = np.searchsorted(EDGES, np.arange(4096), side="right").astype(np.int64)
_COARSE = np.searchsorted(EDGES, np.arange(4096) * 16, side="right").astype(np.int64)

# Where each kind of decision has its contexts.
CROWDS = 3
SCORES = 4
HIT = 0
SIGN = HIT + BINS * CROWDS
REFINE = SIGN + SCORES
AVERAGE = REFINE + 16
CONTEXTS = AVERAGE + 1


@kernel
def _bin(rows: Any, row: Any, columns: Any, column: Any, average: Any) -> Any:
    """The quantised predicted chance of a hit, 0 <= bin < BINS."""
    by_row = ((rows[row, HITS] + SHRINK) << 8) // (rows[row, EXPECTED] + SHRINK)
    by_column = ((columns[column, HITS] + SHRINK) << 8) // (columns[column, EXPECTED] + SHRINK)
    chance = (((average * min(by_row, 1 << 14)) >> 8) * min(by_column, 1 << 14)) >> 8
    if chance < 4096:
        return _FINE[chance]
    return _COARSE[min(chance, CERTAIN - 1) >> 4]


@kernel
def code_hit(
    coder: Any, buffer: Any, cells: Any, rows: Any, row: Any, columns: Any, column: Any, crowd: Any, bit: Any
) -> Any:
    """Code whether an element is hit, and count it. crowd: number of neighbours hit."""
    average = estimate(cells, AVERAGE)
    context = HIT + _bin(rows, row, columns, column, average) * CROWDS + min(crowd, CROWDS - 1)
    bit = code_adaptive(coder, buffer, cells, context, bit)
    learn(cells, AVERAGE, bit)
    rows[row, EXPECTED] += average
    columns[column, EXPECTED] += average
    if bit:
        rows[row, HITS] += CERTAIN
        columns[column, HITS] += CERTAIN
    return bit


@kernel
def code_sign(
    coder: Any, buffer: Any, cells: Any, rows: Any, row: Any, columns: Any, column: Any, beside: Any, bit: Any
) -> Any:
    """Code a sign (1 = negative) as agreeing or not with the signs of row, column and neighbours so far."""
    score = rows[row, SIGNS] + columns[column, SIGNS] + 2 * beside
    flip = 1 if score < 0 else 0
    strength = -score if score < 0 else score
    context = SIGN + (0 if strength == 0 else (1 if strength < 3 else (2 if strength < 7 else 3)))
    bit = code_adaptive(coder, buffer, cells, context, bit ^ flip) ^ flip
    rows[row, SIGNS] += 1 - 2 * bit
    columns[column, SIGNS] += 1 - 2 * bit
    return bit
