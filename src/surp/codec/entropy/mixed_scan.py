"""The scans over one tensor by mixing: plain integers, or one bit plane. Compiled; one scan for both ways."""

from __future__ import annotations

from typing import Any

from surp.codec.entropy.grid import begin_element
from surp.codec.entropy.jit import kernel, part
from surp.codec.entropy.mixed_contexts import CROWD, code_excess, code_hit, code_refine, code_sign
from surp.codec.entropy.range_coder import DECODING, POSITION, ROOM

_SIGN_BYTE = 128
"""`_window` has the sum of signs in its low byte, from here."""
_CLOSE, _CROSS = 31, 15
"""Neighbours that count as a crowd, of the pattern of plain integers and of that of passes."""


@part
def _sign(value: Any) -> Any:
    """0, 1 (positive) or 2."""
    return 1 if value > 0 else (2 if value < 0 else 0)


@part
def _size(value: Any) -> Any:
    """Magnitude in 6 classes, without the overflow of the most negative integer."""
    if value > 8 or value < -8:
        return 5
    size = value if value >= 0 else -value
    return size if size < 3 else (3 if size < 5 else 4)


@part
def _hit(value: Any, place: Any) -> Any:
    return place if value else 0


@part
def _at(levels: Any, index: Any, column: Any, back: Any) -> Any:
    """The element `back` before in the row, 0 if there is none."""
    return int(levels[index - back]) if column >= back else 0


@part
def _known(levels: Any, index: Any, shift: Any) -> Any:
    """What is known of an element whose magnitude lacks `shift` bits: 0, 1 (positive) or 2."""
    level = int(levels[index])
    if level < 0:
        return 2 if (-level) >> shift else 0
    return 1 if level >> shift else 0


@kernel
def _window(levels: Any, index: Any, column: Any, period: Any, place: Any) -> Any:
    """Hits (0 to 11) * 256 + _SIGN_BYTE + sum of signs among the elements before in a window of five by five."""
    hits = 0
    signs = _SIGN_BYTE
    for up in range(3 if period else 1):
        for across in range(-2 if period else -6, 3 if up else 0):
            back = up * period - across
            if column >= back:
                known = _known(levels, index - back, place)
                if known:
                    hits += 1
                    signs += 1 if known == 1 else -1
    return (min(hits, 11) << 8) + signs


@kernel
def code_levels_mixed(coder: Any, buffer: Any, mixer: Any, levels: Any, start: Any, grid: Any, bounds: Any) -> Any:
    """Code plain integers `levels[start:]`: hit (non-zero), sign, magnitude.

    levels: int32 or int64, shape (n,); a decoder finds zeros there and fills them. bounds: int64, the least and
    the greatest level allowed; no sign is coded where the least is 0. Returns the index reached: n when done,
    less where an encoder's buffer is full, and -1 where a decoder meets a level outside the bounds.
    """
    column = start % grid.width
    row = start // grid.width
    index = start
    while 0 <= index < levels.size and (coder[DECODING] or coder[POSITION] + ROOM <= buffer.size):
        begin_element(grid, mixer.decision, row, column)
        fits = _code_level(coder, buffer, mixer, levels, index, grid, row, column, bounds)
        column += 1
        if column == grid.width:
            column = 0
            row += 1
        index = index + 1 if fits else -1
    return index


@part
def _code_level(
    coder: Any, buffer: Any, mixer: Any, levels: Any, index: Any, grid: Any, row: Any, column: Any, bounds: Any
) -> Any:
    """Code one element; False where a decoder meets a level outside the bounds."""
    memory, decision, deep = mixer.memory, mixer.decision, mixer.deep
    up = grid.period if grid.period else grid.width + 1
    left = _at(levels, index, column, 1)
    second = _at(levels, index, column, 2)
    over = _at(levels, index, column, up)
    after = _at(levels, index, column, up - 1)
    above = int(levels[index - grid.width]) if row > 0 else 0
    beside = _hit(left, 1) + _hit(second, 2) + _hit(over, 4) + _hit(after, 8)
    pattern = beside + _hit(_at(levels, index, column, up + 1), 16) + _hit(above, 32)
    window = _window(levels, index, column, grid.period, 0) if deep else 0
    level = int(levels[index])
    fits = True
    if code_hit(coder, buffer, memory, decision, deep, grid, row, column, pattern, _CLOSE, window >> 8, _hit(level, 1)):
        negative = 1 if level < 0 else 0
        if bounds[0] < 0:
            signs = _sign(left) + 3 * _sign(over) + 9 * _sign(above) + 27 * _sign(second if second else after)
            balance = (window & 255) - _SIGN_BYTE
            crowd = CROWD[pattern & _CLOSE]
            negative = code_sign(
                coder, buffer, memory, decision, deep, grid, row, column, signs, crowd, balance, negative
            )
        sizes = _size(left if left else second) * 6 + _size(over if over else above)
        excess = ~level if level < 0 else level - 1
        excess = code_excess(coder, buffer, memory, decision, deep, grid, row, column, sizes, excess)
        if coder[DECODING]:
            fits = 0 <= excess <= (-1 - bounds[0] if negative else bounds[1] - 1)
            if fits:
                levels[index] = ~excess if negative else excess + 1
    return fits


@kernel
def code_pass_mixed(coder: Any, buffer: Any, mixer: Any, levels: Any, start: Any, grid: Any, place: Any) -> Any:
    """Code bit `place` of every magnitude in `levels[start:]`: significance and sign, or refinement.

    levels: int32, shape (n,), |level| < 2^31; a decoder finds there what the passes before have told, at its
    place, and adds what this one tells. Neighbours behind are known to this pass, those ahead to the pass before.
    Returns the index reached, as `code_levels_mixed`.
    """
    column = start % grid.width
    row = start // grid.width
    index = start
    while index < levels.size and (coder[DECODING] or coder[POSITION] + ROOM <= buffer.size):
        begin_element(grid, mixer.decision, row, column)
        level = int(levels[index])
        magnitude = -level if level < 0 else level
        known = magnitude >> (place + 1)
        bit = (magnitude >> place) & 1
        if known:
            _refine(coder, buffer, mixer, levels, index, grid, column, place, known, bit)
        else:
            _reveal(coder, buffer, mixer, levels, index, grid, row, column, place, bit)
        column += 1
        if column == grid.width:
            column = 0
            row += 1
        index += 1
    return index


@part
def _refine(
    coder: Any,
    buffer: Any,
    mixer: Any,
    levels: Any,
    index: Any,
    grid: Any,
    column: Any,
    place: Any,
    known: Any,
    bit: Any,
) -> None:
    """Code a further bit of an element that was hit before."""
    beside = 0
    if column > 0:
        beside += _hit(_known(levels, index - 1, place), 1)
    if column + 1 < grid.width and index + 1 < levels.size:
        beside += _hit(_known(levels, index + 1, place + 1), 1)
    bit = code_refine(coder, buffer, mixer.memory, mixer.decision, known, beside, bit)
    if bit and coder[DECODING]:
        level = int(levels[index])
        levels[index] = level - (1 << place) if level < 0 else level + (1 << place)


@part
def _reveal(
    coder: Any,
    buffer: Any,
    mixer: Any,
    levels: Any,
    index: Any,
    grid: Any,
    row: Any,
    column: Any,
    place: Any,
    bit: Any,
) -> None:
    """Code whether an element is hit for the first time, and its sign."""
    memory, decision, deep = mixer.memory, mixer.decision, mixer.deep
    width, size = grid.width, levels.size
    up = grid.period if grid.period else width
    left = _known(levels, index - 1, place) if column > 0 else 0
    right = _known(levels, index + 1, place + 1) if column + 1 < width and index + 1 < size else 0
    over = _known(levels, index - up, place) if column >= up else 0
    under = _known(levels, index + up, place + 1) if column + up < width and index + up < size else 0
    above = _known(levels, index - width, place) if row > 0 else 0
    below = _known(levels, index + width, place + 1) if index + width < size else 0
    pattern = _hit(left, 1) + _hit(right, 2) + _hit(over, 4) + _hit(under, 8) + _hit(above, 16) + _hit(below, 32)
    window = _window(levels, index, column, grid.period, place) if deep else 0
    if code_hit(coder, buffer, memory, decision, deep, grid, row, column, pattern, _CROSS, window >> 8, bit):
        signs = left + 3 * right + 9 * over + 27 * under
        negative = 1 if int(levels[index]) < 0 else 0
        balance = (window & 255) - _SIGN_BYTE
        crowd = CROWD[pattern & _CROSS]
        negative = code_sign(coder, buffer, memory, decision, deep, grid, row, column, signs, crowd, balance, negative)
        if coder[DECODING]:
            levels[index] = -(1 << place) if negative else 1 << place
