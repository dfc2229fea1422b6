"""A file cut to a size: finest bits dropped from the end of the scan on, and the rest coded again.

With R rows in the arrays that the passes describe, u units kept mean u // R passes of all rows, and one pass more of
the first u mod R rows. What comes out is a description in passes like any other: the rows after the cut have a coarser
map and one bit less.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from surp.codec.encoder import Coding, write
from surp.codec.frame.header import Array, Header
from surp.codec.passes.prefix import coarse_levels, coarse_map
from surp.codec.passes.search import finest
from surp.codec.scan import Levels
from surp.errors import ParameterError
from surp.tensors.maps import LevelMap, Tail


def cut_to(header: Header, levels: dict[str, Levels], size: int, fixed: int) -> bytes:
    """The finest file of at most `size` bytes. levels: of the whole file; fixed: bytes before its first pass.

    Raises `TargetError` naming the least size if `size` is below that.
    """
    rows = _rows(header)
    units = header.passes * rows if not header.cut else (header.passes - 1) * rows + header.cut
    return finest(lambda kept: _cut(header, levels, kept), size, units, _guess(header, size - fixed))


def check_passes(header: Header) -> None:
    """Raise `ParameterError` for a file that cannot be cut."""
    if not header.embedded:
        raise ParameterError(
            "this file is not described in passes and cannot be cut; allowed: files of the quantizer 'successive'"
        )


def _rows(header: Header) -> int:
    return sum(array.rows for array in header.embedded)


def _guess(header: Header, room: int) -> int:
    """Units that about fit into `room` bytes, by the lengths of the file's own passes."""
    rows = _rows(header)
    for index in range(header.passes):
        length = sum(place.length for place in header.places(0, 0) if place.block == f"pass {index + 1}")
        if length > room:
            return index * rows + max(room, 0) * rows // length
        room -= length
    return header.passes * rows


def _cut(header: Header, levels: dict[str, Levels], units: int) -> bytes:
    """The file with `units` kept."""
    whole, more = divmod(units, max(_rows(header), 1))
    kept, arrays, tail = dict(levels), [], None
    row = 0
    for array in header.arrays:
        if not array.embedded:
            arrays.append(array)
            continue
        inside = min(max(more - row, 0), array.rows)
        there, stay = _passes(header, array, row), whole + (np.arange(array.rows) < inside)
        kept[array.name] = coarse_levels(levels[array.name], _by_row(there - stay, array))
        arrays.append(replace(array, map=_map(header, array, row, whole + (inside > 0))))
        if 0 < inside < array.rows and array.size and whole:
            tail = Tail(array.name, inside, _map(header, array, row, whole))
        row += array.rows
    passes = whole + (more > 0) or 1
    new = replace(header, arrays=tuple(arrays), passes=passes, cut=more, tail=tail, points=(), lengths=(), padding=0)
    return write(new, kept, Coding(header.coder, header.preset))


def _passes(header: Header, array: Array, row: int) -> NDArray[np.int64]:
    """Passes that tell each row of an array, whose first one is row `row` of all; less by one after an earlier cut."""
    after = bool(header.cut) & (row + np.arange(array.rows) >= (header.cut or 0))
    return header.passes - after.astype(np.int64)


def _map(header: Header, array: Array, row: int, passes: int) -> LevelMap:
    """The map of the array's rows that keep `passes`. Where none is kept every level is 0 and any map will do."""
    assert isinstance(array.map, LevelMap), "nothing is embedded without steps"
    shift = header.passes - passes - bool(header.cut and row >= header.cut)
    return coarse_map(array.map, shift, header.points[passes - 1]) if passes and shift > 0 else array.map


def _by_row(shifts: NDArray[np.int64], array: Array) -> NDArray[np.int32]:
    """One shift a row, in a shape that spreads over the array's."""
    return shifts.astype(np.int32).reshape((-1, *[1] * (len(array.shape) - 1)) if array.shape else ())
