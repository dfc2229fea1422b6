"""Adaptive binary range coder in integer arithmetic: each forward function beside its inverse.

The coder is an int64 array of four cells, so that compiled kernels and plain Python share it:

    coder[LOW]      encoder: lower end of the interval, 40 bits; decoder: code value minus the lower end
    coder[SPAN]     length of the interval, in [2^32, 2^40]
    coder[POSITION] next byte of the buffer to be written or read
    coder[DECODING] 1 for a decoder

A carry runs back through the bytes already written, so the code is exact and nothing is held back. Every value
stays below 2^62 and non-negative: the functions do the same with `NUMBA_DISABLE_JIT=1`.

Source of the interval arithmetic: G. N. N. Martin, Range encoding (1979); the layout follows the LZMA coder.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy.jit import kernel, part

LOW, SPAN, POSITION, DECODING = 0, 1, 2, 3
TOP = 1 << 40
BOTTOM = 1 << 32
WINDOW = 5
"""Bytes a decoder reads ahead: the width of the interval."""
FLUSH = 1
"""Most bytes that `finish` adds."""

ROOM = 512
"""Bytes that one element can fill at most: 64 + 64 + 2 decisions of at most 3 bytes, and the flush."""

PROBABILITY_BITS = 16
CERTAIN = 1 << PROBABILITY_BITS
LEAST = 4
"""Probabilities stay in [LEAST, CERTAIN - LEAST] / CERTAIN, so every decision keeps a share of the interval."""

SLOW, FAST, COUNT = 0, 1, 2
PRECISION = 28
COUNT_LIMIT = 1020
FAST_LIMIT = 254
# An estimate from n decisions moves by 1 / (n + 1.5), in 65536ths: the mean of what was seen, with half a decision
# of each kind before it (Krichevsky-Trofimov). Past the limit it forgets exponentially.
RATES = np.array([(2 * 65536 + n) // (2 * n + 3) for n in range(COUNT_LIMIT + 1)], dtype=np.int64)
_LEAST_FAST = int(RATES[FAST_LIMIT])


def new_encoder() -> NDArray[np.int64]:
    """A coder that writes from byte 0 on."""
    return np.array([0, TOP, 0, 0], dtype=np.int64)


def new_decoder(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A coder that reads `data` from byte 0 on; past its end it reads zeros."""
    head = int.from_bytes(data[:WINDOW].tobytes().ljust(WINDOW, b"\0"), "big")
    return np.array([head, TOP, WINDOW, 1], dtype=np.int64)


@kernel
def carry(buffer: Any, position: Any) -> None:
    """Add one to the number that the bytes before `position` are."""
    at = position - 1
    while buffer[at] == 255:
        buffer[at] = 0
        at -= 1
    buffer[at] += 1


@part
def shift_out(coder: Any, buffer: Any, low: Any, span: Any) -> None:
    """Go on in the interval [low, low + span): carry into the bytes written, and write those that are settled."""
    if low >= TOP:
        low -= TOP
        carry(buffer, coder[POSITION])
    while span < BOTTOM:
        buffer[coder[POSITION]] = low >> 32
        coder[POSITION] += 1
        low = (low & (BOTTOM - 1)) << 8
        span <<= 8
    coder[LOW] = low
    coder[SPAN] = span


@part
def shift_in(coder: Any, buffer: Any, value: Any, span: Any) -> None:
    """Inverse of `shift_out`: go on in an interval of which the code value is `value` above the lower end."""
    while span < BOTTOM:
        position = coder[POSITION]
        byte = int(buffer[position]) if position < buffer.size else 0
        coder[POSITION] = position + 1
        value = (value << 8) | byte
        span <<= 8
    coder[LOW] = value
    coder[SPAN] = span


@part
def encode_bit(coder: Any, buffer: Any, chance: Any, bit: Any) -> None:
    """Write one decision; chance: probability of a 1, in 65536ths. At most 3 bytes are written."""
    low = coder[LOW]
    span = coder[SPAN]
    bound = (span >> PROBABILITY_BITS) * chance
    if bit:
        span = bound
    else:
        low += bound
        span -= bound
    shift_out(coder, buffer, low, span)


@part
def decode_bit(coder: Any, buffer: Any, chance: Any) -> Any:
    """Inverse of `encode_bit`: read one decision."""
    value = coder[LOW]
    span = coder[SPAN]
    bound = (span >> PROBABILITY_BITS) * chance
    bit = 1 if value < bound else 0
    if bit:
        span = bound
    else:
        value -= bound
        span -= bound
    shift_in(coder, buffer, value, span)
    return bit


@part
def code_bit(coder: Any, buffer: Any, chance: Any, bit: Any) -> Any:
    """Write `bit`, or read it if the coder is a decoder (then the argument is ignored); return it.

    One scan serves both directions, so that a decoder cannot differ from its encoder.
    """
    if coder[DECODING]:
        return decode_bit(coder, buffer, chance)
    encode_bit(coder, buffer, chance, bit)
    return bit


@kernel
def estimate(cells: Any, context: Any) -> Any:
    """Probability of a 1 in this context, in 65536ths: the mean of a slow and a fast estimate."""
    chance = (cells[context, SLOW] + cells[context, FAST]) >> (PRECISION + 1 - PROBABILITY_BITS)
    return min(max(chance, LEAST), CERTAIN - LEAST)


@kernel
def learn(cells: Any, context: Any, bit: Any) -> None:
    """Move both estimates towards the decision seen."""
    target = bit << PRECISION
    count = cells[context, COUNT]
    rate = RATES[count]
    cells[context, SLOW] += ((target - cells[context, SLOW]) * rate) >> 16
    cells[context, FAST] += ((target - cells[context, FAST]) * max(rate, _LEAST_FAST)) >> 16
    if count < COUNT_LIMIT:
        cells[context, COUNT] = count + 1


@kernel
def code_adaptive(coder: Any, buffer: Any, cells: Any, context: Any, bit: Any) -> Any:
    """Code one decision by the context's estimate, and learn from it. Encoder and decoder, as `code_bit`."""
    bit = code_bit(coder, buffer, estimate(cells, context), bit)
    learn(cells, context, bit)
    return bit


def finish(coder: NDArray[np.int64], buffer: NDArray[np.uint8]) -> int:
    """End the code with as few bytes as name a number inside the interval (0 or 1); return its length."""
    low, span, position = int(coder[LOW]), int(coder[SPAN]), int(coder[POSITION])
    for byte_count in (0, FLUSH):
        unit = TOP >> (8 * byte_count)
        number = -(-low // unit) * unit
        if number < low + span:
            break
    if number >= TOP:
        carry(buffer, position)
        number -= TOP
    for index in range(byte_count):
        buffer[position + index] = (number >> (32 - 8 * index)) & 255
    return position + byte_count


def is_finished(coder: NDArray[np.int64], length: int) -> bool:
    """Whether a decoder has read just what `finish` had made: the inverse's check of the length."""
    return 0 <= length - (int(coder[POSITION]) - WINDOW) <= FLUSH
