"""Arithmetic code, lanes and the order of a `.surp` file's levels, by docs/format.md alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spec_reader_header import Array, Header

LANE = 1 << 20


class Code:
    """The binary range coder, reading. place: value - low; span as in the document."""

    def __init__(self, data: bytes) -> None:
        self.data, self.next, self.span = data, 5, 1 << 40
        self.place = int.from_bytes(data[:5].ljust(5, b"\0"), "big")

    def decision(self, chance: int) -> int:
        """A decision with a chance in 65536ths; c is limited by the caller."""
        bound = (self.span >> 16) * chance
        bit = self.place < bound
        self.take(0 if bit else bound, bound if bit else self.span - bound)
        return int(bit)

    def take(self, low: int, span: int) -> None:
        """Go on in a part of the interval."""
        self.place, self.span = self.place - low, span
        while self.span < 1 << 32:
            byte = self.data[self.next] if self.next < len(self.data) else 0
            self.place, self.span, self.next = self.place << 8 | byte, self.span << 8, self.next + 1

    def bits(self, count: int) -> int:
        """At most 16 bits as they are."""
        unit = (self.span >> 16) << (16 - count)
        value = self.place // unit
        assert value < 1 << count
        self.take(unit * value, unit)
        return value

    def symbol(self, ends: list[int]) -> int:
        """Which of the intervals between 0, the ends and 65536."""
        unit = self.span >> 16
        bounds = [0, *ends, 65536]
        symbol = next(s for s in range(len(ends) + 1) if self.place < unit * bounds[s + 1])
        self.take(unit * bounds[symbol], unit * (bounds[symbol + 1] - bounds[symbol]))
        return symbol

    def end(self) -> None:
        assert len(self.data) - (self.next - 5) in (0, 1)


@dataclass
class Part:
    """Rows of an array, or all of it, as it is scanned. kind: 2 is that of passes."""

    array: Array
    rows: slice
    shape: tuple[int, ...]
    kind: int = 2
    signed: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def width(self) -> int:
        """w."""
        size = self.size
        if not size:
            return 1
        if len(self.shape) < 2:
            return min(size, 256)
        width = size // self.shape[0]
        return min(min(16 * width, size) if width < 16 else width, 65536)


def varint(data: bytes, place: int) -> tuple[int, int]:
    """The number that stands at a place, and the place after it."""
    value = 0
    for shift in range(0, 63, 7):
        value |= (data[place] & 127) << shift
        place += 1
        if data[place - 1] < 128:
            return value, place
    raise AssertionError("more than 9 bytes")


def new_model(preset: str) -> Any:
    """What a lane learns: `plain(code, part)` gives levels, `scan_pass(code, part state, s)` more bits of them."""
    if preset == "fast":
        from spec_reader_fast import Fast

        return Fast()
    from spec_reader_mixed import Mixed

    return Mixed(preset)


def parts_of(array: Array, lane: int, marks: set[int]) -> list[Part]:
    """An array cut by rows: at the marks, and where it is large."""
    extent = array.shape[0] if array.shape else 1
    if array.size >= 2 * lane:
        count = min(array.size // lane, extent)
        marks = marks | {extent * index // count for index in range(count)}
    bounds = [*sorted(marks | {0}), extent]
    kind, signed = (2, True) if array.passes else (array.kind, array.level not in ("bool", "uint8", "uint16"))
    shapes = [(last - first, *array.shape[1:]) if array.shape else () for first, last in pairwise(bounds)]
    return [
        Part(array, slice(*ends), shape, kind, signed) for ends, shape in zip(pairwise(bounds), shapes, strict=True)
    ]


def lanes(header: Header, lane: int, in_passes: bool) -> list[list[Part]]:
    """The parts of each lane, of what the passes describe or of all others. lane: elements that fill one."""
    result: list[list[Part]] = []
    filled = lane
    arrays = header.in_passes if in_passes else [array for array in header.arrays if not array.passes]
    for array in arrays if in_passes else sorted(arrays, key=lambda array: array.kind):
        tail = in_passes and header.tail is not None and arrays[header.tail[0]] is array
        for part in parts_of(array, lane, {header.tail[1]} if tail and header.tail else set()):
            if filled >= lane:
                result, filled = [*result, []], 0
            result[-1].append(part)
            filled += part.size
    return result


def read_lane(data: bytes, parts: list[Part], preset: str) -> list[NDArray[Any]]:
    """The levels of the parts of a lane of `plain`; those of `signs` are all of kind 1."""
    code, model = Code(data), new_model(preset)
    found = [np.array(model.plain(code, part), dtype=np.int64).reshape(part.shape) for part in parts]
    code.end()
    return [levels.astype(part.array.level) for levels, part in zip(found, parts, strict=True)]


def read_pass_lane(pieces: list[bytes], parts: list[Part], preset: str) -> list[NDArray[Any]]:
    """The levels of the parts of a lane, as many bits of them as there are pieces."""
    model: Any = new_model(preset)
    state = [model.start(part) for part in parts]
    for data in pieces:
        code = Code(data)
        model.scan_pass(code, state)
        code.end()
    return [np.array(grid.levels, dtype=np.int64).reshape(part.shape) for grid, part in zip(state, parts, strict=True)]
