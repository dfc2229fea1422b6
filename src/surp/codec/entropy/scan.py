"""The scan of the preset `fast` over one bit plane of a tensor. Compiled; one scan for both ways."""

from __future__ import annotations

from typing import Any

from surp.codec.entropy.contexts import REFINE, code_hit, code_sign
from surp.codec.entropy.jit import kernel
from surp.codec.entropy.range_coder import DECODING, POSITION, ROOM, code_adaptive


@kernel
def _known(levels: Any, index: Any, shift: Any) -> Any:
    """What is known of an element whose magnitude lacks `shift` bits: -1, 0 or 1."""
    level = int(levels[index])
    if level < 0:
        return -1 if (-level) >> shift else 0
    return 1 if level >> shift else 0


@kernel
def code_pass(coder: Any, buffer: Any, cells: Any, levels: Any, start: Any, grid: Any, place: Any) -> Any:
    """Code bit `place` of every magnitude in `levels[start:]`: significance and sign, or refinement.

    levels: int32, shape (n,), |level| < 2^31; a decoder finds there what the passes before have told, at its
    final place, and adds this bit. Elements already scanned are known to bit `place`, those to come to the bit
    above. Returns the index reached: n when done, less where an encoder's buffer is full.
    """
    width, rows, columns = grid.width, grid.rows, grid.columns
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
