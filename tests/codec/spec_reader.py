"""A reader of `.surp` files written from docs/format.md alone, to prove that the document is complete.

Slow and plain. Frame, blocks and values stand here, the header in `spec_reader_header`, arithmetic code and lanes in
`spec_reader_scan`, the presets in `spec_reader_fast` and `spec_reader_mixed`.
"""

from __future__ import annotations

import struct
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from spec_reader_header import EXACT, Header, Map, Relative, Tensor, read_header
from spec_reader_scan import LANE, Part, read_pass_blocks, read_plain, varint

FLOATS = {"float16": (5, 10), "float32": (8, 23), "float64": (11, 52), "bfloat16": (8, 7)}
"""Bits of exponent and mantissa."""


def read(data: bytes, passes: int | None = None, lane: int = LANE) -> dict[str, NDArray[Any]]:
    """Every tensor of a file, or of what it is after the first passes. lane: elements of one."""
    header, blocks = open_file(data)
    plain = [tensor for tensor in header.stored if not tensor.passes]
    levels = read_plain(blocks.pop(0), plain, header.preset, lane) if plain else {}
    if header.kind == EXACT:
        return join(header, levels, blocks, lane)
    if header.in_passes:
        return levels_to_values(header, levels, blocks, passes or header.passes, lane)
    return {tensor.name: values(levels[tensor.name], tensor.map, tensor.dtype) for tensor in header.tensors}


def open_file(data: bytes) -> tuple[Header, list[bytes]]:
    """The header and the content of each block; checksums are verified."""
    assert data[:5] == b"SuRP\x01"
    length, place = varint(data, 5)
    header = read_header(data[place : place + length])
    blocks, first = [], 0
    for size in (length + place, *header.blocks, *[header.padding] * bool(header.padding)):
        end = first + size
        assert int.from_bytes(data[end : end + 4], "little") == crc32(data[first:end], crc32_before(blocks))
        blocks.append(data[first:end])
        first = end + 4
    assert first == len(data)
    assert not header.padding or not any(blocks.pop())
    return header, blocks[1:]


def crc32_before(blocks: list[bytes]) -> int:
    """The checksum that the next block continues."""
    check = 0
    for block in blocks:
        check = crc32(block, check)
    return check


def values(levels: NDArray[Any], level_map: Map | Relative | None, dtype: str) -> NDArray[Any]:
    """Levels by their map, in a dtype."""
    if level_map is None:
        return as_dtype(levels, dtype)
    return as_dtype(mapped(levels, level_map), dtype)


def mapped(levels: NDArray[Any], level_map: Map | Relative) -> NDArray[Any]:
    """sign * step * (base + offset / 256), or the float of the word, as doubles."""
    value = float_of if isinstance(level_map, Relative) else value_of
    table = {int(level): value(int(level), level_map) for level in np.unique(levels)}
    return np.array([table[level] for level in levels.ravel().tolist()], dtype=np.float64).reshape(levels.shape)


def value_of(level: int, level_map: Map) -> float:
    """The value of one level."""
    base, power = 0.0, 1.0
    for bit in range(abs(level).bit_length()):
        base += power * (abs(level) >> bit & 1)
        power = power * 256 / level_map.ratio
    if level_map.offsets and level:
        base += level_map.offsets[min(abs(level), len(level_map.offsets)) - 1] / 256
    return float(np.sign(level) * (base * level_map.step))


def float_of(level: int, level_map: Relative) -> float:
    """The value of one level of a relative map."""
    word = max(level_map.top + 1 - abs(level), 0) << (23 - level_map.mantissa)
    (value,) = struct.unpack("<f", struct.pack("<I", word))
    return float(np.sign(level) * value) if level else 0.0


def as_dtype(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Cast, or rounded to the nearest float32 and that to the nearest bfloat16, ties to even."""
    if dtype != "bfloat16":
        return array.astype(dtype)
    words = array.astype(np.float32).view(np.uint32).astype(np.int64)
    upper = words >> 16
    upper += (words & 0xFFFF) + (upper & 1) > 0x8000
    return (upper << 16).astype(np.uint32).view(np.float32)


def levels_to_values(
    header: Header, levels: dict[str, Any], blocks: list[bytes], passes: int, lane: int
) -> dict[str, NDArray[Any]]:
    """The values of a model in passes, after some of them."""
    points, parts, tail = None, passes_parts(header), header.tail
    if passes < header.passes:
        points = [2 * int(byte) for byte in np.frombuffer(blocks[passes - 1][:2], np.int8)]
    codes = [block[2 * (index + 1 < header.passes) :] for index, block in enumerate(blocks[:passes])]
    found = read_pass_blocks(codes, parts, header.passes, header.preset, lane)
    result = {}
    for index, tensor in enumerate(header.in_passes):
        pieces = [mapped(found.pop(0), coarser(tensor.map, header.passes - passes, points))]
        if tail and tail[0] == index:
            pieces.append(mapped(found.pop(0), coarser(tail[2], header.passes - passes, points)))
        result[tensor.name] = as_dtype(np.concatenate(pieces) if len(pieces) > 1 else pieces[0], tensor.dtype)
    others = [tensor for tensor in header.tensors if not tensor.passes]
    return result | {tensor.name: values(levels[tensor.name], tensor.map, tensor.dtype) for tensor in others}


def coarser(level_map: Map | None, left_out: int, points: list[int] | None) -> Map:
    """The map of a prefix that lacks some passes."""
    assert level_map is not None
    largest = float(np.finfo(np.float32).max)
    step = level_map.step * (256 / level_map.ratio) ** left_out
    step = float(np.float32(min(max(step, -largest), largest)))
    return Map(step, level_map.ratio, level_map.offsets if points is None else points)


def passes_parts(header: Header) -> list[Part]:
    """The tensors described in passes; one with a tail is two."""
    parts = []
    for index, tensor in enumerate(header.in_passes):
        if header.tail and header.tail[0] == index:
            row = header.tail[1]
            parts += [Part((row, *tensor.shape[1:])), Part((tensor.shape[0] - row, *tensor.shape[1:]))]
        else:
            parts.append(Part(tensor.shape))
    return parts


def join(header: Header, levels: dict[str, Any], blocks: list[bytes], lane: int) -> dict[str, NDArray[Any]]:
    """The tensors of an exact file: floats from levels, signs of zeros and mantissas; rows times scales."""
    signed = [tensor for tensor in header.stored if tensor.signed_zeros]
    rows = [Tensor(t.name, "bool", (1, int((levels[t.name] == 0).sum())), "bool") for t in signed]
    signs = read_plain(blocks.pop(0), rows, header.preset, lane) if rows else {}
    data = blocks.pop(0) if blocks else b""
    for tensor in sorted(header.stored, key=lambda tensor: tensor.name):
        if tensor.exact:
            level = levels[tensor.name]
            size = (int(np.count_nonzero(level)) * tensor.exact[1] + 7) // 8
            levels[tensor.name] = floats(level, tensor, data[:size], signs.get(tensor.name))
            data = data[size:]
    assert not data + b"".join(blocks)
    for tensor in header.tensors:
        if tensor.scales:
            scales = levels[tensor.scales.name].reshape(-1, *[1] * (len(tensor.shape) - 1))
            levels[tensor.name] = levels[tensor.name].astype(np.float32) * scales
    return {tensor.name: levels[tensor.name] for tensor in header.tensors}


def floats(levels: NDArray[Any], tensor: Tensor, data: bytes, signs: NDArray[Any] | None) -> NDArray[Any]:
    """Sign, exponent and mantissa of each float that is not zero; the sign of each that is."""
    (width, places), (exponent, kept) = FLOATS[tensor.dtype], tensor.exact or (0, 0)
    stream, left, result = int.from_bytes(data, "big"), 8 * len(data), []
    negative = iter(signs.ravel().tolist() if signs is not None else [])
    for level in levels.ravel().tolist():
        word = int(next(negative, False) if not level else level < 0) << width + places
        if level:
            left -= kept
            field = (exponent + 1 - abs(level)) % (1 << width)
            word |= field << places | (stream >> left & ((1 << kept) - 1)) << (places - kept)
        result.append(word << 16 if tensor.dtype == "bfloat16" else word)
    dtype = "float32" if tensor.dtype == "bfloat16" else tensor.dtype
    words = np.array(result, dtype=f"uint{8 * np.dtype(dtype).itemsize}")
    return words.view(dtype).reshape(levels.shape)
