"""The header's fields as bytes. `docs/format.md` has the table."""

from __future__ import annotations

import struct
from itertools import pairwise
from math import isfinite, prod

import numpy as np

from surp.codec import _format as wire
from surp.codec._format import Reader, Writer
from surp.codec._header import Header, Tensor
from surp.levels import HALF, LevelMap


def write_body(header: Header) -> bytes:
    """The header's fields, column by column, so that they pack well."""
    out = Writer()
    for value in (wire.KINDS[header.kind], wire.CODERS[header.coder], wire.PRESETS[header.preset]):
        out.varint(value)
    tensors = header.tensors
    out.varint(len(tensors))
    for tensor in tensors:
        out.text(tensor.name)
    if header.kind == "model":
        out.text(header.quantizer)
        out.varint(header.passes)
    for tensor in tensors:
        out.varint(wire.DTYPES[tensor.dtype])
    for tensor in tensors:
        out.varint(len(tensor.shape))
    for tensor in tensors:
        for extent in tensor.shape:
            out.varint(extent)
    if header.kind == "model":
        _write_maps(out, tensors)
    for length in header.lengths[: len(header.lengths) - bool(header.padding)]:
        out.varint(length)
    out.varint(header.padding)
    return bytes(out.bytes)


def read_body(reader: Reader) -> Header:
    """Inverse of `write_body`. Raises `CorruptFileError` for what makes no sense."""
    kind = reader.pick(wire.KINDS, "kind")
    coder = reader.pick(wire.CODERS, "coder")
    preset = reader.pick(wire.PRESETS, "preset")
    count = reader.varint()
    if count > len(reader.data):
        raise reader.fail(f"{count} tensors declared in a header of {len(reader.data)} bytes")
    names = [reader.text() for _ in range(count)]
    if any(a >= b for a, b in pairwise(names)):
        raise reader.fail("tensor names that repeat or are not sorted")
    quantizer, passes = "", 0
    if kind == "model":
        quantizer, passes = reader.text(), reader.varint()
        if passes > wire.MOST_PASSES:
            raise reader.fail(f"{passes} passes; allowed: 0 to {wire.MOST_PASSES}")
    dtypes = [reader.pick(wire.DTYPES, "dtype") for _ in names]
    shapes = _read_shapes(reader, dtypes)
    if kind == "model":
        tensors = _read_maps(reader, names, shapes, dtypes)
    else:
        tensors = [Tensor(n, s, d, _integer(reader, d)) for n, s, d in zip(names, shapes, dtypes, strict=True)]
    if passes == 0 and any(tensor.embedded for tensor in tensors):
        raise reader.fail("tensors described in passes, but no passes")
    header = Header(kind, coder, preset, tuple(tensors), quantizer, passes)
    lengths = tuple(reader.varint() for _ in header.blocks)
    padding = reader.varint()
    lengths += (padding,) if padding else ()
    return Header(kind, coder, preset, tuple(tensors), quantizer, passes, lengths, padding)


def _read_shapes(reader: Reader, dtypes: list[str]) -> list[tuple[int, ...]]:
    ranks = [reader.varint() for _ in dtypes]
    if max(ranks, default=0) > wire.MOST_DIMENSIONS:
        raise reader.fail(f"{max(ranks)} dimensions; allowed: 0 to {wire.MOST_DIMENSIONS}")
    shapes = [tuple(reader.varint() for _ in range(rank)) for rank in ranks]
    for shape, dtype in zip(shapes, dtypes, strict=True):
        if prod(max(extent, 1) for extent in shape) * max(np.dtype(dtype).itemsize, 4) >= 1 << 63:
            raise reader.fail(f"a tensor of shape {shape}, which no machine can hold")
    return shapes


def _write_maps(out: Writer, tensors: tuple[Tensor, ...]) -> None:
    for tensor in tensors:
        own = tensor.level_type != "int32"
        flags = wire.HAS_MAP * (tensor.map is not None) | wire.EMBEDDED * tensor.embedded | wire.OWN_LEVEL_TYPE * own
        out.varint(flags)
        if own:
            out.varint(wire.DTYPES[tensor.level_type])
    maps = [tensor.map for tensor in tensors if tensor.map is not None]
    for level_map in maps:
        out.signed(level_map.ratio - HALF)
    for level_map in maps:
        out.varint(len(level_map.offsets))
    for level_map in maps:
        for offset in level_map.offsets:
            out.signed(offset)
    for level_map in maps:
        out.bytes += struct.pack("<f", level_map.step)


def _read_maps(reader: Reader, names: list[str], shapes: list[tuple[int, ...]], dtypes: list[str]) -> list[Tensor]:
    flags, level_types = [], []
    for _ in names:
        flags.append(reader.varint())
        own = flags[-1] & wire.OWN_LEVEL_TYPE
        level_types.append(_integer(reader, reader.pick(wire.DTYPES, "level dtype")) if own else "int32")
    if any(f > 7 or (f & wire.EMBEDDED and not f & wire.HAS_MAP) for f in flags):
        raise reader.fail("a tensor with flags that contradict each other")
    mapped = sum(flag & wire.HAS_MAP for flag in flags)
    ratios = [reader.signed() + HALF for _ in range(mapped)]
    if any(not 1 <= ratio <= 255 for ratio in ratios):
        raise reader.fail("a threshold ratio outside 1 to 255")
    counts = [reader.varint() for _ in range(mapped)]
    offsets = [tuple(reader.signed() for _ in range(count)) for count in counts]
    steps = [struct.unpack("<f", reader.take(wire.STEP_BYTES))[0] for _ in range(mapped)]
    if not all(isfinite(step) for step in steps):
        raise reader.fail("a step that is not finite")
    maps = iter([LevelMap(*parts) for parts in zip(steps, ratios, offsets, strict=True)])
    return [
        Tensor(name, shape, dtype, level, next(maps) if flag & wire.HAS_MAP else None, bool(flag & wire.EMBEDDED))
        for name, shape, dtype, level, flag in zip(names, shapes, dtypes, level_types, flags, strict=True)
    ]


def _integer(reader: Reader, dtype: str) -> str:
    if np.dtype(dtype).kind not in "iub":
        raise reader.fail(f"levels of dtype {dtype}; allowed: integers and bool")
    return dtype
