"""The header's fields in order. `docs/format.md` has the table."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import prod

from surp.codec.frame import layouts as _layouts
from surp.codec.frame import wire
from surp.codec.frame.forms import read_form, write_form
from surp.codec.frame.header import Header, Tensor, flags_of, is_float, item_bytes, usual_flags
from surp.codec.frame.header_code import Reader, Writer
from surp.codec.frame.maps import read_maps, read_tail, step_bits, write_maps, write_tail
from surp.tensors.levels import LevelMap


def write_body(header: Header) -> bytes:
    """The header's bytes. The inverse is `read_body`."""
    out = Writer()
    tensors = header.tensors
    out.number("kind", wire.KINDS[header.kind])
    out.number("coder", wire.CODERS.get(header.coder, wire.OTHER_CODER))
    if header.coder not in wire.CODERS:
        out.text(header.coder)
    out.number("preset", wire.PRESETS[header.preset])
    _write_shapes(out, tensors)
    if header.kind == "model":
        _write_model(out, header)
    if header.kind == "exact":
        for tensor in tensors:
            write_form(out, tensor)
    for length in header.lengths[: len(header.lengths) - bool(header.padding)]:
        out.wide("length", length)
    out.number("padding", header.padding)
    return out.finish()


def read_body(data: bytes) -> Header:
    """Inverse of `write_body`. Raises `CorruptFileError` for what makes no sense."""
    reader = Reader(data)
    kind = reader.pick("kind", wire.KINDS)
    coder = reader.pick("coder", wire.CODERS | {"": wire.OTHER_CODER}) or reader.text()
    preset = reader.pick("preset", wire.PRESETS)
    entries = _read_shapes(reader)
    if kind == "model":
        header = _read_model(reader, Header(kind, coder, preset, ()), entries)
    elif kind == "exact":
        header = Header(kind, coder, preset, tuple(read_form(reader, *entry) for entry in entries))
    else:
        tensors = tuple(Tensor(name, shape, dtype, integer(reader, dtype)) for name, shape, dtype in entries)
        header = Header(kind, coder, preset, tensors)
    lengths = tuple(reader.wide("length") for _ in header.blocks)
    padding = reader.number("padding")
    reader.finish()
    return replace(header, lengths=lengths + ((padding,) if padding else ()), padding=padding)


def integer(reader: Reader, dtype: str) -> str:
    """A dtype that levels may have."""
    if is_float(dtype):
        raise reader.fail(f"levels of dtype {dtype}; allowed: integers and bool")
    return dtype


def _write_shapes(out: Writer, tensors: tuple[Tensor, ...]) -> None:
    """Names, dtypes and shapes, or the number of a layout that has all of them."""
    layout = _layouts.find(tensors)
    out.number("layout", layout)
    if layout:
        return
    out.wide("tensors", len(tensors))
    for tensor in tensors:
        out.text(tensor.name)
        out.number("dtype", wire.DTYPES[tensor.dtype])
        out.number("rank", len(tensor.shape))
        for axis, extent in enumerate(tensor.shape):
            out.number(("extent", axis), extent)


def _read_shapes(reader: Reader) -> list[tuple[str, tuple[int, ...], str]]:
    number = reader.number("layout")
    if number:
        entries = _layouts.load(number)
        if entries is None:
            raise reader.fail(f"layout {number}; known: 1 to {_layouts.COUNT}")
        return entries
    result = []
    for _ in range(reader.wide("tensors")):
        name, dtype, rank = reader.text(), reader.pick("dtype", wire.DTYPES), reader.number("rank")
        if rank > wire.MOST_DIMENSIONS:
            raise reader.fail(f"{rank} dimensions; allowed: 0 to {wire.MOST_DIMENSIONS}")
        shape = tuple(reader.number(("extent", axis)) for axis in range(rank))
        if prod(max(extent, 1) for extent in shape) * max(item_bytes(dtype), 4) >= 1 << 63:
            raise reader.fail(f"a tensor of shape {shape}, which no machine can hold")
        result.append((name, shape, dtype))
    if any(a[0] >= b[0] for a, b in pairwise(result)):
        raise reader.fail("tensor names that repeat or are not sorted")
    return result


def _write_model(out: Writer, header: Header) -> None:
    quantizer = wire.QUANTIZERS.get(header.quantizer, wire.OTHER_QUANTIZER)
    out.number("quantizer", quantizer)
    if quantizer == wire.OTHER_QUANTIZER:
        out.text(header.quantizer)
    out.number("passes", header.passes)
    common = all(flags_of(t) == usual_flags(t.dtype, t.shape, header.passes) for t in header.tensors)
    maps = [tensor.map for tensor in header.tensors if tensor.map is not None]
    maps += [header.tail.map] if header.tail else []
    narrow = all(step_bits(m.step, True) is not None for m in maps if isinstance(m, LevelMap))
    out.number(
        "flags",
        wire.USUAL * common
        + wire.NARROW_STEPS * narrow
        + wire.CUT * (header.cut is not None)
        + wire.TAIL * (header.tail is not None),
    )
    for tensor in () if common else header.tensors:
        out.number("tensor flags", flags_of(tensor))
        if tensor.level_type != "int32":
            out.number("level dtype", wire.DTYPES[tensor.level_type])
    if header.cut is not None:
        out.wide("cut", header.cut)
    if header.tail:
        write_tail(out, header)
    write_maps(out, maps, narrow)


def _read_model(reader: Reader, header: Header, entries: list[tuple[str, tuple[int, ...], str]]) -> Header:
    quantizer_id = reader.number("quantizer")
    names = [name for name, known in wire.QUANTIZERS.items() if known == quantizer_id]
    if not names and quantizer_id != wire.OTHER_QUANTIZER:
        raise reader.fail(f"quantizer id {quantizer_id}; known: 0 to {wire.OTHER_QUANTIZER}")
    quantizer = names[0] if names else reader.text()
    passes = reader.number("passes")
    if passes > wire.MOST_PASSES:
        raise reader.fail(f"{passes} passes; allowed: 0 to {wire.MOST_PASSES}")
    flags = reader.number("flags")
    if flags > wire.USUAL | wire.NARROW_STEPS | wire.CUT | wire.TAIL:
        raise reader.fail(f"flags {flags} that are not known")
    tensors = [_read_flags(reader, entry, flags & wire.USUAL, passes) for entry in entries]
    embedded = [(name, shape) for name, shape, *_, own in tensors if own & wire.EMBEDDED]
    if passes == 0 and embedded:
        raise reader.fail("tensors described in passes, but no passes")
    cut = reader.wide("cut") if flags & wire.CUT else None
    if cut and cut > sum(shape[0] if shape else 1 for _, shape in embedded):
        raise reader.fail(f"a cut at row {cut}, which is not there")
    place = read_tail(reader, embedded) if flags & wire.TAIL else None
    relative = [bool(own & wire.RELATIVE) for *_, own in tensors if own & wire.HAS_MAP]
    maps = read_maps(reader, relative + [False] * (place is not None), bool(flags & wire.NARROW_STEPS))
    found = iter(maps)
    return replace(
        header,
        quantizer=quantizer,
        passes=passes,
        cut=cut,
        tensors=tuple(
            Tensor(
                *(name, shape, dtype, level_type),
                map=next(found) if own & wire.HAS_MAP else None,
                embedded=bool(own & wire.EMBEDDED),
            )
            for name, shape, dtype, level_type, own in tensors
        ),
        tail=replace(place, map=maps[-1]) if place else None,
    )


def _read_flags(
    reader: Reader, entry: tuple[str, tuple[int, ...], str], common: int, passes: int
) -> tuple[str, tuple[int, ...], str, str, int]:
    """The entry with its level type and its flags."""
    name, shape, dtype = entry
    if common:
        return name, shape, dtype, "int32", usual_flags(dtype, shape, passes)
    flags = reader.number("tensor flags")
    steps = flags & wire.HAS_MAP and not flags & wire.RELATIVE
    if flags > 15 or (flags & wire.EMBEDDED and not steps) or (flags & wire.RELATIVE and not flags & wire.HAS_MAP):
        raise reader.fail("a tensor with flags that contradict each other")
    own = flags & wire.OWN_LEVEL_TYPE
    level_type = integer(reader, reader.pick("level dtype", wire.DTYPES)) if own else "int32"
    return name, shape, dtype, level_type, flags
