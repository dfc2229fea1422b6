"""A file cut to a size: finest bits dropped from the end of the scan on, and the rest coded again.

With R rows in the tensors that the passes describe, u units kept mean u // R passes of all rows, and one pass more of
the first u mod R rows. What comes out is a description in passes like any other: the rows after the cut have a coarser
map and one bit less.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from surp.codec.assemble import Contents, read, write
from surp.codec.frame.header import Header, Tensor
from surp.codec.passes.prefix import coarse_levels, coarse_map
from surp.codec.passes.search import finest
from surp.errors import ParameterError
from surp.tensors.levels import LevelMap, Tail


def shortened(data: bytes, size: int) -> bytes:
    """`surp.codec.truncate`."""
    contents = read(data, "")
    header = contents.header
    if not header.embedded:
        raise ParameterError(
            "this file is not described in passes and cannot be cut; allowed: files of the quantizer 'successive'"
        )
    if len(data) <= size:
        return data
    rows = _rows(header)
    units = header.passes * rows if not header.cut else (header.passes - 1) * rows + header.cut
    return finest(lambda kept: _cut(contents, kept), size, units, _guess(contents, size))


def _rows(header: Header) -> int:
    return sum(tensor.rows for tensor in header.embedded)


def _guess(contents: Contents, size: int) -> int:
    """Units that about fit, by the lengths of the file's own passes."""
    header, rows = contents.header, _rows(contents.header)
    lengths = header.lengths[bool(header.plain) :][: header.passes]
    room = size - contents.header_bytes - (header.lengths[0] if header.plain else 0)
    for index, length in enumerate(lengths):
        if length > room:
            return index * rows + max(room, 0) * rows // length
        room -= length
    return header.passes * rows


def _cut(contents: Contents, units: int) -> bytes:
    """The file with `units` kept."""
    header = contents.header
    whole, more = divmod(units, max(_rows(header), 1))
    levels, tensors, tail = dict(contents.levels), [], None
    row = 0
    for tensor in header.tensors:
        if not tensor.embedded:
            tensors.append(tensor)
            continue
        inside = min(max(more - row, 0), tensor.rows)
        there, kept = _passes(header, tensor, row), whole + (np.arange(tensor.rows) < inside)
        levels[tensor.name] = coarse_levels(levels[tensor.name], _by_row(there - kept, tensor))
        tensors.append(replace(tensor, map=_map(contents, tensor, row, whole + (inside > 0))))
        if 0 < inside < tensor.rows and tensor.size and whole:
            tail = Tail(tensor.name, inside, _map(contents, tensor, row, whole))
        row += tensor.rows
    cut = replace(header, tensors=tuple(tensors), passes=whole + (more > 0) or 1, cut=more, tail=tail)
    return write(replace(cut, lengths=(), padding=0), levels)


def _passes(header: Header, tensor: Tensor, row: int) -> NDArray[np.int64]:
    """Passes that tell each row of a tensor, whose first one is row `row` of all; less by one after an earlier cut."""
    after = bool(header.cut) & (row + np.arange(tensor.rows) >= (header.cut or 0))
    return header.passes - after.astype(np.int64)


def _map(contents: Contents, tensor: Tensor, row: int, passes: int) -> LevelMap:
    """The map of the tensor's rows that keep `passes`. Where none is kept every level is 0 and any map will do."""
    assert isinstance(tensor.map, LevelMap), "nothing is embedded without steps"
    shift = contents.header.passes - passes - bool(contents.header.cut and row >= contents.header.cut)
    return coarse_map(tensor.map, shift, contents.points[passes - 1]) if passes and shift > 0 else tensor.map


def _by_row(shifts: NDArray[np.int64], tensor: Tensor) -> NDArray[np.int32]:
    """One shift a row, in a shape that spreads over the tensor's."""
    return shifts.astype(np.int32).reshape((-1, *[1] * (len(tensor.shape) - 1)) if tensor.shape else ())
