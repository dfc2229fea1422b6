"""What a file holds: tensors, the arrays that they are stored as, and how long the pieces of its blocks are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import NamedTuple

from surp.codec.frame.wire import LANE
from surp.tensors.dtypes import dtype_of
from surp.tensors.forms import Form
from surp.tensors.maps import LevelMap, Map, Tail

PointPair = tuple[int, int]
"""Reconstruction points of a prefix of the passes, for magnitudes of 1 and for larger ones."""


class TensorEntry(NamedTuple):
    """A tensor as the decoder gives it back."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class FloatBits:
    """What is common to the floats of an array that is stored as it is.

    exponent: the field that level 1 stands for. mantissa: bits of it that stand in the file. signed_zeros: whether some
    zeros are -0.
    """

    exponent: int
    mantissa: int
    signed_zeros: bool


@dataclass(frozen=True)
class Array:
    """What is coded: a tensor, or a component of some. level_type: of the levels, an integer type.

    map: None for numbers as they are; such floats have `bits`. embedded: described in passes.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    level_type: str
    map: Map | None = None
    embedded: bool = False
    bits: FloatBits | None = None

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def rows(self) -> int:
        """Extent of the first axis; a scalar is one row."""
        return self.shape[0] if self.shape else 1

    @property
    def kind(self) -> int:
        """0 for vectors and buffers, 1 for weights; arrays outside the passes are coded by kind, then by place."""
        weight = self.bits is not None or isinstance(self.map, LevelMap) or self.dtype == self.level_type
        return int(len(self.shape) >= 2 and weight)


@dataclass(frozen=True)
class Part:
    """An array, or some rows of one that is large or has a tail: what is scanned as one and has one map."""

    array: Array
    rows: slice
    shape: tuple[int, ...]
    map: Map | None

    @property
    def size(self) -> int:
        return prod(self.shape)


class PiecePlace(NamedTuple):
    """Where a piece, one lane of a block, stands in the file. number: of all pieces, from 0 on."""

    block: str
    lane: int
    number: int
    offset: int
    length: int


@dataclass(frozen=True)
class Header:
    """arrays: those of tensors without a form, in the order of the names, then components in that of their mention.

    lanes: whether blocks are cut. points: after 1, ..., P - 1 passes. cut: None unless `truncate` made the file; then
    the row, counted over all arrays in passes, from which the last pass tells nothing any more (0: it tells of all).
    lengths: bytes of each piece, checksums not counted. base: SHA-256 of the base model, if there is one.
    """

    kind: str
    coder: str
    preset: str
    tensors: tuple[TensorEntry, ...]
    arrays: tuple[Array, ...]
    forms: dict[str, Form] = field(default_factory=dict)
    lanes: bool = True
    quantizer: str = ""
    passes: int = 0
    points: tuple[PointPair, ...] = ()
    cut: int | None = None
    tail: Tail | None = None
    base: bytes = b""
    lengths: tuple[int, ...] = ()
    padding: int = 0

    @property
    def elements(self) -> int:
        """Elements that a decoder allocates: of all arrays, and of the tensors that are rebuilt from them."""
        return sum(array.size for array in self.arrays) + sum(prod(form.shape) for form in self.forms.values())

    @cached_property
    def embedded(self) -> tuple[Array, ...]:
        """Arrays described in passes."""
        return tuple(array for array in self.arrays if array.embedded)

    @cached_property
    def plain_lanes(self) -> list[list[Part]]:
        """Lanes of all other arrays, by kind."""
        arrays = sorted((array for array in self.arrays if not array.embedded), key=lambda array: array.kind)
        return self._lanes(part for array in arrays for part in self._parts(array))

    @cached_property
    def pass_lanes(self) -> list[list[Part]]:
        """Lanes of what the passes describe."""
        return self._lanes(part for array in self.embedded for part in self._parts(array))

    @property
    def blocks(self) -> list[tuple[str, int]]:
        """Each block's name and lanes, in the order of the file."""
        bits = [array.bits for array in self.arrays if array.bits]
        plain, passes = len(self.plain_lanes), len(self.pass_lanes)
        found = [("plain", plain)] if plain else []
        found += [("signs", plain)] if any(own.signed_zeros for own in bits) else []
        found += [("mantissas", plain)] if bits else []
        found += [(f"pass {number + 1}", passes) for number in range(self.passes if passes else 0)]
        return found + ([("padding", 1)] if self.padding else [])

    def places(self, start: int, check_bytes: int) -> list[PiecePlace]:
        """Where each piece is; `start`: of the first one. Behind every piece that is not empty stands a checksum."""
        names = [(block, lane) for block, lanes in self.blocks for lane in range(lanes)]
        result = []
        for number, ((block, lane), length) in enumerate(zip(names, self.lengths, strict=True)):
            result.append(PiecePlace(block, lane, number, start, length))
            start += length + check_bytes * (length > 0)
        return result

    def _parts(self, array: Array) -> list[Part]:
        """The array cut at its tail, and, where blocks have lanes, into parts of about LANE elements."""
        rows, tail = array.rows, self.tail
        marks = {0, rows}
        if self.lanes and array.size >= 2 * LANE:
            count = min(array.size // LANE, rows)
            marks |= {rows * index // count for index in range(count)}
        if tail and tail.name == array.name:
            marks.add(tail.row)
        bounds = sorted(marks) if rows else [0, 0]
        parts = []
        for first, last in pairwise(bounds):
            own = tail.map if tail and tail.name == array.name and first >= tail.row else array.map
            parts.append(Part(array, slice(first, last), (last - first, *array.shape[1:]) if array.shape else (), own))
        return parts

    def _lanes(self, parts: Iterable[Part]) -> list[list[Part]]:
        """Parts one after the other, until they have LANE elements together."""
        result: list[list[Part]] = []
        filled = LANE
        for part in parts:
            if filled >= LANE and (self.lanes or not result):
                result.append([])
                filled = 0
            result[-1].append(part)
            filled += part.size
        return result


def item_bytes(dtype: str) -> int:
    """Bytes of one value."""
    return dtype_of(dtype).itemsize
