"""Arithmetic code, lanes and the order of a `.surp` file's levels, by docs/format.md alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spec_reader_header import Tensor

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
    """A tensor as it is scanned, or what lies before or behind a tail. kind: 2 is that of passes."""

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


def lanes(parts: list[Part], lane: int) -> list[list[int]]:
    """Indices of the parts of each lane."""
    result: list[list[int]] = []
    filled = lane
    for index, part in enumerate(parts):
        if filled >= lane:
            result, filled = [*result, []], 0
        result[-1].append(index)
        filled += part.size
    return result


def split(data: bytes, count: int) -> list[Code]:
    """The code of each lane."""
    place, lengths = 0, []
    for _ in range(count - 1):
        length, place = varint(data, place)
        lengths.append(length)
    codes = []
    for length in lengths:
        codes.append(Code(data[place : place + length]))
        place += length
    return [*codes, Code(data[place:])]


def read_plain(data: bytes, tensors: list[Tensor], preset: str, lane: int) -> dict[str, NDArray[Any]]:
    """The levels of the block `plain` (or `signs`, whose tensors are all of kind 1), by name."""
    ordered = sorted(tensors, key=lambda tensor: (kind_of(tensor), tensor.name))
    parts = [Part(t.shape, kind_of(t), t.level not in ("bool", "uint8", "uint16")) for t in ordered]
    groups, result = lanes(parts, lane), {}
    for group, code in zip(groups, split(data, len(groups)), strict=True):
        model = new_model(preset)
        for index in group:
            levels = np.array(model.plain(code, parts[index]), dtype=np.int64)
            result[ordered[index].name] = levels.astype(ordered[index].level).reshape(parts[index].shape)
        code.end()
    return result


def kind_of(tensor: Tensor) -> int:
    own = tensor.level == tensor.dtype or tensor.exact is not None or tensor.scales is not None
    return int(len(tensor.shape) > 1 and ((tensor.mapped and not tensor.relative) or own))


def read_pass_blocks(blocks: list[bytes], parts: list[Part], passes: int, preset: str, lane: int) -> list[NDArray[Any]]:
    """The levels of all parts, as many bits of them as there are blocks."""
    groups = lanes(parts, lane)
    models: list[Any] = [new_model(preset) for _ in groups]
    states: list[list[Any]] = [
        [model.start(parts[i]) for i in group] for model, group in zip(models, groups, strict=True)
    ]
    for data in blocks:
        for model, state, code in zip(models, states, split(data, len(groups)), strict=True):
            model.scan_pass(code, state)
            code.end()
    found = [grid for state in states for grid in state]
    return [np.array(grid.levels, dtype=np.int64).reshape(part.shape) for grid, part in zip(found, parts, strict=True)]
