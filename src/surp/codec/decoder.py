"""From the pieces of a file to its arrays: the inverse of `surp.codec.encoder`, of all lanes or of some."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np

from surp.codec.coder import Coder, coder_of, has_passes
from surp.codec.floats import packed_bytes, put_together
from surp.codec.frame.header import Header, Part
from surp.codec.frame.piece import Piece
from surp.codec.scan import Levels, from_scan, scan_of
from surp.codec.work import Work, run
from surp.tensors.dtypes import FLOATS

Cost = float | None
"""Bits that an array took; None where a coder cannot tell."""
Pieces = Callable[[str, int], Piece]
"""A piece by its block and lane, checked."""


@dataclass
class Decoded:
    """Arrays by name: levels, with all bits of the passes for embedded arrays; floats that were stored as they are."""

    levels: dict[str, Levels] = field(default_factory=dict)
    bits: dict[str, Cost] = field(default_factory=dict)

    def add(self, part: Part, levels: Levels, cost: Cost) -> None:
        """The rows of a part, which come in their order."""
        name, before = part.array.name, self.bits.get(part.array.name, 0.0)
        known = self.levels.get(name)
        if known is None and levels.shape == part.array.shape:
            known = levels
        elif known is None:
            known = np.zeros(part.array.shape, dtype=levels.dtype)
        self.levels[name] = known
        if known is not levels:
            known[part.rows] = levels
        self.bits[name] = None if cost is None or before is None else before + cost


class _Found(NamedTuple):
    part: Part
    levels: Levels
    cost: Cost


def read(
    header: Header, pieces: Pieces, passes: int, wanted: Collection[str] | None = None, work: Work | None = None
) -> Decoded:
    """Arrays from the lanes that hold the `wanted` ones, by default all; of the passes only the first `passes`.

    Raises `CorruptFileError`.
    """
    coder, result = coder_of(header), Decoded()
    blocks = dict(header.blocks)

    def plain(lane: int) -> list[_Found]:
        return _plain(coder, header, pieces, lane, blocks)

    def in_passes(lane: int) -> list[_Found]:
        return _passes(coder, header, pieces, lane, passes)

    for job, lanes in ((plain, header.plain_lanes), (in_passes, header.pass_lanes)):
        chosen = {
            n: lane for n, lane in enumerate(lanes) if wanted is None or any(p.array.name in wanted for p in lane)
        }
        for found in chain.from_iterable(run(job, chosen, work)):
            result.add(*found)
    return result


def _plain(coder: Coder, header: Header, pieces: Pieces, lane: int, blocks: Collection[str]) -> list[_Found]:
    """The arrays of one lane outside the passes."""
    parts = header.plain_lanes[lane]
    scans = [scan_of(part.shape, part.array.level_type, part.array.kind) for part in parts]
    levels, costs = coder.decode_plain(pieces("plain", lane), scans, header.preset)
    found = [
        _Found(part, from_scan(level, part.array.level_type), cost)
        for part, level, cost in zip(parts, levels, costs, strict=True)
    ]
    if "mantissas" not in blocks:
        return found
    signs = pieces("signs", lane) if "signs" in blocks else None
    return list(_floats(coder, header, found, signs, pieces("mantissas", lane)))


def _floats(
    coder: Coder, header: Header, found: Sequence[_Found], signs: Piece | None, mantissas: Piece
) -> Iterator[_Found]:
    """The same, with floats that are stored as they are. Raises `CorruptFileError` if mantissas are too few or many."""
    signed = [one for one in found if one.part.array.bits and one.part.array.bits.signed_zeros]
    rows: Iterator[tuple[Levels, Cost]] = iter(())
    if signs is not None and signed:
        counts = [one.part.size - int(np.count_nonzero(one.levels)) for one in signed]
        scans = [scan_of((1, count), "bool", 1) for count in counts]
        rows = zip(*coder.decode_plain(signs, scans, header.preset), strict=True)
    elif signs is not None and signs.content:
        raise signs.fail("signs of zeros, but no array of the lane has a -0")
    content, start = np.frombuffer(mantissas.content, dtype=np.uint8), 0
    for part, levels, cost in found:
        array, bits = part.array, part.array.bits
        if bits is None:
            yield _Found(part, levels, cost)
            continue
        if int(np.abs(levels.astype(np.int32)).max(initial=0)) > 1 << FLOATS[array.dtype][0]:
            raise mantissas.fail(f"tensor {array.name!r} has a level that is no exponent of {array.dtype}")
        size = packed_bytes(levels, bits)
        own, sign_cost = next(rows) if bits.signed_zeros else (None, 0.0)
        if start + size > content.size:
            raise mantissas.fail(f"{content.size} bytes of mantissas, but more are wanted")
        values = put_together(levels, content[start : start + size], own, array.dtype, bits)
        start += size
        yield _Found(part, values, None if cost is None or sign_cost is None else cost + sign_cost + 8 * size)
    if start != content.size:
        raise mantissas.fail(f"{content.size} bytes of mantissas, but {start} wanted")


def _passes(coder: Coder, header: Header, pieces: Pieces, lane: int, passes: int) -> list[_Found]:
    """The arrays of one lane of the passes."""
    assert has_passes(coder), "coder_of refuses the file of any other"
    parts = header.pass_lanes[lane]
    own = [pieces(f"pass {number + 1}", lane) for number in range(passes)]
    levels, planes = coder.decode_passes(own, [part.shape for part in parts], header.passes, header.preset)
    costs = [sum(plane) for plane in zip(*planes, strict=True)]
    return [
        _Found(part, _from_int32(level, part, own[0]), cost)
        for part, level, cost in zip(parts, levels, costs, strict=True)
    ]


def _from_int32(levels: Levels, part: Part, piece: Piece) -> Levels:
    array = part.array
    if array.level_type == "int32":
        return levels
    result = levels.astype(array.level_type)
    if not np.array_equal(result.astype(np.int64), levels):
        raise piece.fail(f"levels of tensor {array.name!r} outside the range of {array.level_type}")
    return result
