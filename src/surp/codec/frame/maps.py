"""Maps from level to value, and the place of a cut, in the header."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import isfinite, prod
from typing import Any

from surp.codec.frame import wire
from surp.codec.frame.header import Header
from surp.codec.frame.header_code import Reader, Writer
from surp.tensors.levels import HALF, MANTISSA, LevelMap, Map, RelativeMap, Tail

INFINITE = 255
"""Exponent field of an infinite float32."""


def step_bits(step: float, narrow: bool) -> int | None:
    """The bits of a float32 step, of which a narrow one (a bfloat16) has the upper 16; None where those are not all."""
    bits = int.from_bytes(struct.pack("<f", step), "little")
    if not narrow:
        return bits
    return None if bits & 0xFFFF else bits >> 16


def write_maps(out: Writer, maps: Sequence[Map], narrow: bool) -> None:
    """Steps, offsets and top words as differences from the map of this kind before: neighbours are alike."""
    before = top_before = 0
    offsets_before: tuple[int, ...] = (0,)
    for level_map in maps:
        if isinstance(level_map, RelativeMap):
            out.number("mantissa", level_map.mantissa)
            out.signed("top", level_map.top - top_before)
            top_before = level_map.top
            continue
        out.number("ratio", level_map.ratio)
        out.number("offsets", len(level_map.offsets))
        for index, offset in enumerate(level_map.offsets):
            out.signed(("offset", min(index, 3)), offset - offsets_before[min(index, len(offsets_before) - 1)])
        offsets_before = level_map.offsets or offsets_before
        bits = step_bits(level_map.step, narrow)
        assert bits is not None, "steps are narrow only where all of them are"
        out.signed("step", bits - before)
        before = bits


def read_maps(reader: Reader, relative: Sequence[bool], narrow: bool) -> list[Any]:
    """Inverse of `write_maps`. relative: each map's kind. Raises `CorruptFileError` for one that makes no sense."""
    result: list[Map] = []
    before = top = 0
    offsets_before: tuple[int, ...] = (0,)
    for own_relative in relative:
        if own_relative:
            mantissa = reader.number("mantissa")
            top += reader.signed("top")
            result.append(_relative(reader, top, mantissa))
            continue
        ratio = reader.number("ratio")
        if not 1 <= ratio <= 255:
            raise reader.fail(f"a threshold ratio of {ratio}; allowed: 1 to 255")
        offsets: list[int] = []
        for index in range(reader.number("offsets")):
            reference = offsets_before[min(index, len(offsets_before) - 1)]
            offsets.append(reference + reader.signed(("offset", min(index, 3))))
            if abs(offsets[-1]) >= wire.MOST_OFFSET:
                raise reader.fail(f"an offset of {offsets[-1]}; allowed: below {wire.MOST_OFFSET} in magnitude")
        offsets_before = tuple(offsets) or offsets_before
        before += reader.signed("step")
        result.append(LevelMap(_step(reader, before, narrow), ratio, tuple(offsets)))
    return result


def _relative(reader: Reader, top: int, mantissa: int) -> RelativeMap:
    if mantissa > MANTISSA or not 0 <= top < INFINITE << mantissa:
        raise reader.fail(f"floats up to the word {top} with {mantissa} bits of mantissa, which are none")
    return RelativeMap(top, mantissa)


def write_tail(out: Writer, header: Header) -> None:
    """Which tensor and row; its map is the last one."""
    assert header.tail is not None, "only a cut file has a tail"
    names = [tensor.name for tensor in header.embedded]
    out.wide("tail tensor", names.index(header.tail.name))
    out.wide("tail row", header.tail.row)


def read_tail(reader: Reader, embedded: list[tuple[str, tuple[int, ...]]]) -> Tail:
    """Inverse of `write_tail`, still without the map."""
    index, row = reader.wide("tail tensor"), reader.wide("tail row")
    if index >= len(embedded):
        raise reader.fail(f"a cut in tensor {index} of {len(embedded)}")
    name, shape = embedded[index]
    if not shape or not 0 < row < shape[0] or not prod(shape):
        raise reader.fail(f"a cut at row {row} of a tensor of shape {shape}")
    return Tail(name, row, LevelMap(1.0, HALF))


def _step(reader: Reader, bits: int, narrow: bool) -> float:
    bits <<= 16 * narrow
    if not 0 <= bits < 1 << 32:
        raise reader.fail("a step that is no 32-bit float")
    step = float(struct.unpack("<f", bits.to_bytes(4, "little"))[0])
    if not isfinite(step):
        raise reader.fail("a step that is not finite")
    return step
