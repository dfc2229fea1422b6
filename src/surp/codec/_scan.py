"""The scans over one tensor: plain integers, or one bit plane. Compiled; one scan for both ways."""

from __future__ import annotations

from typing import Any

from surp.codec._contexts import REFINE, code_excess, code_hit, code_sign
from surp.codec._jit import kernel
from surp.codec._rangecoder import DECODING, POSITION, code_adaptive

ROOM = 512
"""Bytes that one element can fill at most: 64 + 64 + 2 decisions of at most 3 bytes, and the flush."""


@kernel
def _sign_of(value: Any) -> Any:
    return 1 if value > 0 else (-1 if value < 0 else 0)


@kernel
def _small(value: Any) -> Any:
    """min(|value|, 15), without the overflow of the most negative integer."""
    if value > 15 or value < -15:
        return 15
    return value if value >= 0 else -value


@kernel
def code_levels(
    coder: Any, buffer: Any, cells: Any, levels: Any, start: Any, width: Any, rows: Any, columns: Any, bounds: Any
) -> Any:
    """Code plain integers `levels[start:]`: hit (non-zero), sign, magnitude.

    levels: int32 or int64, shape (n,); a decoder finds zeros there and fills them. bounds: int64, the least and
    the greatest level allowed; no sign is coded where the least is 0. Returns the index reached: n when done,
    less where an encoder's buffer is full, and -1 where a decoder meets a level outside the bounds.
    """
    signed = bounds[0] < 0
    column = start % width
    row = start // width
    for index in range(start, levels.size):
        if not coder[DECODING] and coder[POSITION] + ROOM > buffer.size:
            return index
        left = int(levels[index - 1]) if column > 0 else 0
        second = int(levels[index - 2]) if column > 1 else 0
        above = int(levels[index - width]) if row > 0 else 0
        level = int(levels[index])
        crowd = (1 if left else 0) + (1 if second else 0) + (1 if above else 0)
        if code_hit(coder, buffer, cells, rows, row, columns, column, crowd, 1 if level else 0):
            negative = 1 if level < 0 else 0
            if signed:
                beside = _sign_of(left) + _sign_of(above)
                negative = code_sign(coder, buffer, cells, rows, row, columns, column, beside, negative)
            near = _small(left) + _small(above)
            activity = 0 if near == 0 else (1 if near < 3 else (2 if near < 7 else 3))
            excess = code_excess(coder, buffer, cells, activity, ~level if level < 0 else level - 1)
            if coder[DECODING]:
                if excess < 0 or excess > (-1 - bounds[0] if negative else bounds[1] - 1):
                    return -1
                levels[index] = ~excess if negative else excess + 1
        column += 1
        if column == width:
            column = 0
            row += 1
    return levels.size


@kernel
def _known(levels: Any, index: Any, shift: Any) -> Any:
    """What is known of an element whose magnitude lacks `shift` bits: -1, 0 or 1."""
    level = int(levels[index])
    if level < 0:
        return -1 if (-level) >> shift else 0
    return 1 if level >> shift else 0


@kernel
def code_pass(
    coder: Any, buffer: Any, cells: Any, levels: Any, start: Any, width: Any, rows: Any, columns: Any, place: Any
) -> Any:
    """Code bit `place` of every magnitude in `levels[start:]`: significance and sign, or refinement.

    levels: int32, shape (n,), |level| < 2^31; a decoder finds there what the passes before have told, at its
    final place, and adds this bit. Elements already scanned are known to bit `place`, those to come to the bit
    above. Returns the index reached, as `code_levels`.
    """
    column = start % width
    row = start // width
    for index in range(start, levels.size):
        if not coder[DECODING] and coder[POSITION] + ROOM > buffer.size:
            return index
        level = int(levels[index])
        magnitude = -level if level < 0 else level
        known = magnitude >> (place + 1)
        bit = (magnitude >> place) & 1
        if known:
            bit = code_adaptive(coder, buffer, cells, _refine_context(known), bit)
            if bit and coder[DECODING]:
                levels[index] = level - (1 << place) if level < 0 else level + (1 << place)
        else:
            left = _known(levels, index - 1, place) if column > 0 else 0
            right = _known(levels, index + 1, place + 1) if column + 1 < width and index + 1 < levels.size else 0
            above = _known(levels, index - width, place) if row > 0 else 0
            below = _known(levels, index + width, place + 1) if index + width < levels.size else 0
            crowd = left * left + right * right + above * above + below * below
            if code_hit(coder, buffer, cells, rows, row, columns, column, crowd, bit):
                beside = left + right + above + below
                negative = code_sign(coder, buffer, cells, rows, row, columns, column, beside, 1 if level < 0 else 0)
                if coder[DECODING]:
                    levels[index] = -(1 << place) if negative else 1 << place
        column += 1
        if column == width:
            column = 0
            row += 1
    return levels.size


@kernel
def _refine_context(known: Any) -> Any:
    """By passes since the first hit (1, 2, 3, more) and the last two bits known."""
    age = 3 if known > 7 else (2 if known > 3 else (1 if known > 1 else 0))
    return REFINE + age * 4 + (known & 3)
