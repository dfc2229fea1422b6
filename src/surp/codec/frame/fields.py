"""The header's fields in order. `docs/format.md` has the table."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from surp.codec.frame import wire
from surp.codec.frame.arrays import (
    flags_of,
    read_bits,
    read_contents,
    read_maps,
    steps_are_narrow,
    write_bits,
    write_contents,
    write_maps,
)
from surp.codec.frame.header import Array, Header
from surp.codec.frame.header_code import Reader, Writer
from surp.codec.frame.tensors import read_forms, read_tensors, write_forms, write_tensors
from surp.tensors.dtypes import is_float
from surp.tensors.forms import rule
from surp.tensors.maps import LevelMap, Map, Tail

_POINTS = range(-128, 128)


def write_fields(header: Header) -> bytes:
    """The header's bytes. The inverse is `read_fields`."""
    out = Writer()
    out.number("kind", wire.KINDS[header.kind])
    _write_name(out, "coder", header.coder, wire.CODERS, wire.OTHER_CODER)
    out.number("preset", wire.PRESETS[header.preset])
    flags = _flags(header)
    out.number("flags", flags)
    write_tensors(out, header.tensors)
    if header.forms:
        write_forms(out, header.tensors, header.forms, header.arrays[len(header.tensors) - len(header.forms) :])
    if header.kind == "model":
        _write_model(out, header, flags)
    _write_extensions(out, header)
    for length in header.lengths[: len(header.lengths) - bool(header.padding)]:
        out.wide("length", length)
    out.number("padding", header.padding)
    return out.finish()


def read_fields(data: bytes) -> Header:
    """Inverse of `write_fields`. Raises `CorruptFileError` for what makes no sense."""
    reader = Reader(data)
    kind = reader.pick("kind", wire.KINDS)
    coder = _read_name(reader, "coder", wire.CODERS, wire.OTHER_CODER)
    preset = reader.pick("preset", wire.PRESETS)
    flags = reader.number("flags")
    if flags > wire.FLAGS or (kind == "levels" and flags & ~wire.WHOLE):
        raise reader.fail(f"flags {flags} that are not known")
    tensors = read_tensors(reader)
    forms, components = read_forms(reader, tensors) if flags & wire.FORMS else ({}, [])
    arrays = [Array(t.name, t.shape, t.dtype, t.dtype) for t in tensors if t.name not in forms] + components
    header = Header(kind, coder, preset, tensors, tuple(arrays), forms, lanes=not flags & wire.WHOLE)
    if header.elements > wire.MOST_ELEMENTS:
        raise reader.fail(f"{header.elements} elements declared; allowed: {wire.MOST_ELEMENTS}")
    if kind == "model":
        header = _read_model(reader, header, flags)
    elif any(is_float(array.dtype) for array in arrays):
        raise reader.fail("levels of floats; allowed: integers and bool")
    header = _read_extensions(reader, header)
    if not header.base and any(rule(form.rule).BASE for form in forms.values()):
        raise reader.fail("differences to a base that is not named")
    lengths = tuple(reader.wide("length") for _, lanes in header.blocks for _ in range(lanes))
    padding = reader.number("padding")
    reader.finish()
    return replace(header, lengths=lengths + ((padding,) if padding else ()), padding=padding)


def _flags(header: Header) -> int:
    model = header.kind == "model"
    return (
        (flags_of(header.arrays, header.passes) if model else 0)
        | wire.NARROW_STEPS * (model and steps_are_narrow(_maps(header)))
        | wire.CUT * (header.cut is not None)
        | wire.TAIL * (header.tail is not None)
        | wire.FORMS * bool(header.forms)
        | wire.WHOLE * (not header.lanes)
    )


def _maps(header: Header) -> list[Map]:
    """Of the arrays, and the tail's last."""
    tail = [header.tail.map] if header.tail else []
    return [array.map for array in header.arrays if array.map is not None] + tail


def _write_model(out: Writer, header: Header, flags: int) -> None:
    _write_name(out, "quantizer", header.quantizer, wire.QUANTIZERS, wire.OTHER_QUANTIZER)
    out.number("passes", header.passes)
    if not flags & (wire.USUAL | wire.EXACT):
        write_contents(out, header.arrays)
    if header.cut is not None:
        out.wide("cut", header.cut)
    if header.tail:
        out.wide("tail tensor", [array.name for array in header.embedded].index(header.tail.name))
        out.wide("tail row", header.tail.row)
    write_maps(out, _maps(header), bool(flags & wire.NARROW_STEPS))
    write_bits(out, header.arrays)
    for pair in header.points:
        for index, point in enumerate(pair):
            out.signed(("point", index), point)


def _read_model(reader: Reader, header: Header, flags: int) -> Header:
    quantizer = _read_name(reader, "quantizer", wire.QUANTIZERS, wire.OTHER_QUANTIZER)
    passes = reader.number("passes")
    if passes > wire.MOST_PASSES:
        raise reader.fail(f"{passes} passes; allowed: 0 to {wire.MOST_PASSES}")
    arrays = read_contents(reader, header.arrays, flags, passes)
    header = replace(header, quantizer=quantizer, passes=passes, arrays=tuple(arrays))
    if passes == 0 and header.embedded:
        raise reader.fail("arrays described in passes, but no passes")
    cut = reader.wide("cut") if flags & wire.CUT else None
    if cut and cut > sum(array.rows for array in header.embedded):
        raise reader.fail(f"a cut at row {cut}, which is not there")
    header = replace(header, cut=cut, tail=_read_tail(reader, header) if flags & wire.TAIL else None)
    maps = read_maps(reader, _maps(header), bool(flags & wire.NARROW_STEPS))
    arrays = [replace(array, map=next(maps)) if array.map is not None else array for array in arrays]
    tail = replace(header.tail, map=_steps_of(next(maps))) if header.tail else None
    in_passes = [_steps_of(array.map) for array in arrays if array.embedded] + ([tail.map] if tail else [])
    if any(level_map.states for level_map in in_passes):
        raise reader.fail("a trellis described in passes")
    header = replace(header, arrays=tuple(read_bits(reader, arrays)), tail=tail)
    return replace(header, points=_read_points(reader, passes - 1 if header.embedded else 0))


def _read_tail(reader: Reader, header: Header) -> Tail:
    """Where the tail is, still without its map."""
    index, row = reader.wide("tail tensor"), reader.wide("tail row")
    if index >= len(header.embedded):
        raise reader.fail(f"a cut in tensor {index} of {len(header.embedded)}")
    array = header.embedded[index]
    if not array.shape or not 0 < row < array.shape[0] or not prod(array.shape):
        raise reader.fail(f"a cut at row {row} of a tensor of shape {array.shape}")
    return Tail(array.name, row, _steps_of(array.map))


def _steps_of(level_map: Map | None) -> LevelMap:
    assert isinstance(level_map, LevelMap), "nothing is described in passes without steps"
    return level_map


def _read_points(reader: Reader, count: int) -> tuple[tuple[int, int], ...]:
    found = tuple((reader.signed(("point", 0)), reader.signed(("point", 1))) for _ in range(count))
    if any(point not in _POINTS for pair in found for point in pair):
        raise reader.fail("a reconstruction point that is no 8-bit integer")
    return found


def _write_extensions(out: Writer, header: Header) -> None:
    """Fields that only some files have, by number: how many values, and these."""
    fields = [(wire.BASE, tuple(header.base))] if header.base else []
    out.number("fields", len(fields))
    for number, values in fields:
        out.number("field", number)
        out.number("values", len(values))
        for value in values:
            out.wide(("field", number), value)


def _read_extensions(reader: Reader, header: Header) -> Header:
    """Inverse of `_write_extensions`. Even fields that are not known are passed over, odd ones refused."""
    last = 0
    for _ in range(reader.number("fields")):
        number = reader.number("field")
        values = [reader.wide(("field", number)) for _ in range(reader.number("values"))]
        if number <= last:
            raise reader.fail(f"field {number} after field {last}")
        last = number
        if number == wire.BASE and len(values) == wire.DIGEST_BYTES and max(values) < 256:
            header = replace(header, base=bytes(values))
        elif number == wire.BASE:
            raise reader.fail(f"a base named by {len(values)} values, which are no SHA-256")
        elif number % 2:
            raise reader.unknown(f"field {number} of the header")
    return header


def _write_name(out: Writer, column: str, name: str, known: dict[str, int], other: int) -> None:
    """A name's wire id, or that of others and the name."""
    out.number(column, known.get(name, other))
    if name not in known:
        out.text(name)


def _read_name(reader: Reader, column: str, known: dict[str, int], other: int) -> str:
    found = reader.pick(column, known | {" ": other})
    return reader.text() if found == " " else found
