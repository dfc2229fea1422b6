"""Adaptive distributions over 16 symbols in one step of the range coder. Compiled; each direction beside its inverse.

A distribution is a row of an int32 array: ends[s], 65536ths, is the probability of the symbols up to s (ends[15] is not
stored as such: it is CERTAIN). Each symbol moves the row towards a step at that symbol, 1 / 2^rate of the way; every
symbol keeps at least FLOOR.

Source: F. Giesen, Mixing discrete probability distributions, 2015 (the update as a convex combination of cumulative
distributions).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy.jit import kernel
from surp.codec.entropy.range_coder import CERTAIN, DECODING, LOW, PROBABILITY_BITS, SPAN, shift_in, shift_out

SYMBOLS = 16
FLOOR = 32
_FASTEST, _SLOWEST = 4, 7
COUNT = 16
"""Column of a row that counts symbols seen."""


def _targets() -> NDArray[np.int32]:
    """Row s: where the ends go after symbol s."""
    ends = np.arange(1, SYMBOLS + 1)
    room = CERTAIN - SYMBOLS * FLOOR
    return np.array([ends * FLOOR + np.where(ends > symbol, room, 0) for symbol in range(SYMBOLS)], dtype=np.int32)


TARGETS = _targets()


def new_distributions(count: int, weights: NDArray[np.int64]) -> NDArray[np.int32]:
    """`count` rows of shape (17,) that start in the proportions of `weights`, shape (16,)."""
    rows = np.zeros((count, SYMBOLS + 1), dtype=np.int32)
    room = CERTAIN - SYMBOLS * FLOOR
    rows[:, :SYMBOLS] = np.cumsum(weights) * room // int(weights.sum()) + np.arange(1, SYMBOLS + 1) * FLOOR
    return rows


@kernel
def _learn(rows: Any, row: Any, symbol: Any) -> None:
    count = int(rows[row, COUNT])
    rate = _FASTEST + (count > 15) + (count > 63) + (count > 255)
    for index in range(SYMBOLS):
        end = int(rows[row, index])
        rows[row, index] = end + ((int(TARGETS[symbol, index]) - end) >> rate)
    if count < 256:
        rows[row, COUNT] = count + 1


@kernel
def _encode(coder: Any, buffer: Any, first: Any, size: Any) -> None:
    """Write the interval [first, first + size) of CERTAIN. At most 3 bytes are written."""
    unit = coder[SPAN] >> PROBABILITY_BITS
    shift_out(coder, buffer, coder[LOW] + unit * first, unit * size)


@kernel
def _decode(coder: Any, buffer: Any, first: Any, size: Any) -> None:
    """Inverse of `_encode`, once the interval is known. No encoder leaves the code outside of it, corruption may."""
    unit = coder[SPAN] >> PROBABILITY_BITS
    span = unit * size
    shift_in(coder, buffer, min(coder[LOW] - unit * first, span - 1), span)


@kernel
def code_symbol(coder: Any, buffer: Any, rows: Any, row: Any, symbol: Any) -> Any:
    """Write `symbol`, or read it if the coder is a decoder (then the argument is ignored); learn and return it."""
    if coder[DECODING]:
        place = min(coder[LOW] // (coder[SPAN] >> PROBABILITY_BITS), CERTAIN - 1)
        symbol = 0
        for index in range(SYMBOLS - 1):
            symbol += rows[row, index] <= place
    first = int(rows[row, symbol - 1]) if symbol > 0 else 0
    last = int(rows[row, symbol]) if symbol < SYMBOLS - 1 else CERTAIN
    if coder[DECODING]:
        _decode(coder, buffer, first, last - first)
    else:
        _encode(coder, buffer, first, last - first)
    _learn(rows, row, symbol)
    return symbol


@kernel
def code_raw(coder: Any, buffer: Any, value: Any, bits: Any) -> Any:
    """Write `value` of up to 16 bits as it is, or read it."""
    unit = coder[SPAN] >> PROBABILITY_BITS
    size = CERTAIN >> bits
    if coder[DECODING]:
        value = min(coder[LOW] // (unit * size), (1 << bits) - 1)
        _decode(coder, buffer, value * size, size)
    else:
        _encode(coder, buffer, value * size, size)
    return value
