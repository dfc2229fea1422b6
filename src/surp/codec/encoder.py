"""From checked levels to the pieces of a file: each lane by itself, in threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from surp.codec.coder import Coder, has_passes, parse
from surp.codec.floats import take_apart
from surp.codec.frame.container import seal
from surp.codec.frame.header import Header, Part
from surp.codec.passes.prefix import points
from surp.codec.scan import Levels, scan_of, to_scan
from surp.codec.work import Work, run
from surp.parameters import Frozen
from surp.tensors.maps import LevelMap


@dataclass(frozen=True)
class Coding:
    """With which coder a file is written: its preset and other parameters, and how the work is done."""

    coder: str = "adaptive"
    preset: str = "default"
    settings: Mapping[str, Any] | None = None
    work: Work | None = None

    def parse(self) -> tuple[Coder, Frozen]:
        """Raises `ParameterError` or `UnknownNameError`."""
        return parse(self.coder, self.preset, self.settings)


class _Lane(NamedTuple):
    """Pieces of one lane outside the passes."""

    plain: bytes
    signs: bytes
    mantissas: bytes


def write(header: Header, levels: Mapping[str, Levels], coding: Coding) -> bytes:
    """A whole file from a header without points and lengths, and the arrays by name."""
    coder, parameters = coding.parse()

    def plain(lane: int) -> _Lane:
        return _plain(coder, parameters, header.plain_lanes[lane], levels)

    lanes = run(plain, dict(enumerate(header.plain_lanes)), coding.work)
    passes = _passes(coder, parameters, header, levels, coding.work) if header.embedded else []
    pieces = {"plain": [lane.plain for lane in lanes], "signs": [lane.signs for lane in lanes]}
    pieces["mantissas"] = [lane.mantissas for lane in lanes]
    pieces |= {f"pass {number + 1}": list(codes) for number, codes in enumerate(zip(*passes, strict=True))}
    if header.embedded:
        header = replace(header, points=_points(header, levels))
    return seal(header, [piece for block, _ in header.blocks for piece in pieces[block]])


def _plain(coder: Coder, parameters: Frozen, parts: Sequence[Part], levels: Mapping[str, Levels]) -> _Lane:
    """One lane: levels, and of floats that are stored as they are the signs of zeros and the mantissas."""
    scanned, signs, mantissas = [], [], []
    for part in parts:
        array, own = part.array, _rows(levels, part)
        if array.bits:
            floats = take_apart(own, array.dtype, array.bits)
            own = floats.levels
            mantissas.append(floats.mantissas)
            if array.bits.signed_zeros:
                signs.append(floats.signs)
        scan = scan_of(part.shape, array.level_type, array.kind)
        scanned.append((scan, to_scan(own, scan)))
    rows = [(scan := scan_of(row.shape, "bool", 1), to_scan(row, scan)) for row in signs]
    signs_code = coder.encode_plain(rows, parameters) if rows else b""
    return _Lane(coder.encode_plain(scanned, parameters), signs_code, b"".join(mantissas))


def _passes(
    coder: Coder, parameters: Frozen, header: Header, levels: Mapping[str, Levels], work: Work | None
) -> list[list[bytes]]:
    """For each lane the code of each pass."""
    assert has_passes(coder), "a model in passes is never given to another coder"
    lanes = header.pass_lanes

    def lane(number: int) -> list[bytes]:
        return list(coder.encode_passes([_to_int32(levels, part) for part in lanes[number]], header.passes, parameters))

    return run(lane, dict(enumerate(lanes)), work)


def _points(header: Header, levels: Mapping[str, Levels]) -> tuple[tuple[int, int], ...]:
    parts = [part for lane in header.pass_lanes for part in lane]
    maps = [part.map for part in parts if isinstance(part.map, LevelMap)]
    return tuple(points([_to_int32(levels, part) for part in parts], maps, header.passes))


def _rows(levels: Mapping[str, Levels], part: Part) -> Levels:
    return levels[part.array.name][part.rows] if part.shape else levels[part.array.name]


def _to_int32(levels: Mapping[str, Levels], part: Part) -> Levels:
    return np.require(_rows(levels, part).astype(np.int32, copy=False), requirements=["C", "W"])
