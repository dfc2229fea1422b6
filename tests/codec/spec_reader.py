"""A reader of `.surp` files written from docs/format.md alone, to prove that the document is complete.

Slow and plain. Frame, blocks and values stand here, the header in `spec_reader_header`, arithmetic code and lanes in
`spec_reader_scan`, the presets in `spec_reader_fast` and `spec_reader_mixed`.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any
from zlib import crc32

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from spec_reader_header import Array, Header, Map, Relative, Tensor, read_header, read_lengths
from spec_reader_scan import LANE, Part, lanes, read_lane, read_pass_lane, varint

FLOATS = {"float16": (5, 10), "float32": (8, 23), "float64": (11, 52), "bfloat16": (8, 7)}
FLOATS |= {"float8_e4m3fn": (4, 3), "float8_e5m2": (5, 2), "float8_e4m3fnuz": (4, 3), "float8_e5m2fnuz": (5, 2)}
"""Bits of exponent and mantissa."""
NEXT = {4: ((0, 2), (2, 0), (1, 3), (3, 1)), 8: ((0, 2), (5, 7), (1, 3), (6, 4), (2, 0), (4, 6), (3, 1), (7, 5))}
QUANTIZER = {4: (0, 0, 1, 1), 8: (0, 1) * 4}
State = dict[str, NDArray[Any]]


def read(data: bytes, passes: int | None = None, lane: int = LANE, base: State | None = None) -> State:
    """Every tensor of a file, or of what it is after the first passes. lane: elements of one."""
    header, blocks = open_file(data, lane)
    values: State = {array.name: np.zeros(array.shape, type_of(array.dtype)) for array in header.arrays}
    for number, parts in enumerate(lanes(header, lane, in_passes=False)):
        for part, found in zip(parts, plain_values(header, blocks, number, parts), strict=True):
            put(values, part, found)
    told = passes or header.passes
    for number, parts in enumerate(lanes(header, lane, in_passes=True)):
        pieces = [blocks[f"pass {index + 1}"][number] for index in range(told)]
        for part, levels in zip(parts, read_pass_lane(pieces, parts, header.preset), strict=True):
            put(values, part, as_dtype(mapped(levels, map_of(header, part, told)), part.array.dtype))
    assert not header.base or base_name(base or {}) == header.base
    return {tensor.name: rebuilt(tensor, values, base or {}) for tensor in header.tensors}


def open_file(data: bytes, lane: int) -> tuple[Header, dict[str, list[bytes]]]:
    """The header and the pieces of each block; checksums are verified."""
    assert data[:5] == b"SuRP\x01"
    length, place = varint(data, 5)
    head = data[: place + length]
    checksum = data[len(head) : len(head) + 4]
    assert int.from_bytes(checksum, "little") == crc32(head)
    header = read_header(head[place:])
    names = block_names(header, lane)
    lengths = read_lengths(header, len(names))
    blocks: dict[str, list[bytes]] = {name: [] for name in [*names, "padding"]}
    first = len(head) + 4
    for number, (name, size) in enumerate(zip([*names, "padding"], lengths, strict=False)):
        content, end = data[first : first + size], first + size
        if size:
            found = crc32(checksum + number.to_bytes(4, "little") + content)
            assert int.from_bytes(data[end : end + 4], "little") == found
        blocks[name].append(content)
        first = end + 4 * (size > 0)
    assert first == len(data)
    assert not any(b"".join(blocks["padding"]))
    return header, blocks


def block_names(header: Header, lane: int) -> list[str]:
    """The block of each piece but the padding."""
    exact = [array for array in header.arrays if array.exact]
    plain, passes = (len(lanes(header, lane, in_passes)) for in_passes in (False, True))
    names = ["plain"] * plain + ["signs"] * plain * any(array.signed_zeros for array in exact)
    names += ["mantissas"] * plain * bool(exact)
    return names + [f"pass {number + 1}" for number in range(header.passes) for _ in range(passes)]


def put(values: State, part: Part, found: NDArray[Any]) -> None:
    """The values of an array's rows."""
    if part.shape:
        values[part.array.name][part.rows] = found
    else:
        values[part.array.name] = found


def plain_values(header: Header, blocks: dict[str, list[bytes]], number: int, parts: list[Part]) -> list[NDArray[Any]]:
    """Values of the parts of a lane outside the passes."""
    levels = read_lane(blocks["plain"][number], parts, header.preset)
    exact = [(part, level) for part, level in zip(parts, levels, strict=True) if part.array.exact]
    signed = [(part, level) for part, level in exact if part.array.signed_zeros]
    rows = [Array(part.array.name, "bool", (1, int((level == 0).sum())), "bool") for part, level in signed]
    signs = [Part(row, slice(0, 1), row.shape, row.kind, signed=False) for row in rows]
    zeros = read_lane(blocks["signs"][number], signs, header.preset) if signs else []
    data = blocks["mantissas"][number] if exact else b""
    result = []
    for part, level in zip(parts, levels, strict=True):
        array = part.array
        if not array.exact:
            result.append(as_dtype(level if array.map is None else mapped(level, array.map), array.dtype))
            continue
        size = (int(np.count_nonzero(level)) * array.exact[1] + 7) // 8
        result.append(floats(level, array, data[:size], zeros.pop(0) if array.signed_zeros else None))
        data = data[size:]
    assert not data
    return result


def map_of(header: Header, part: Part, passes: int) -> Map:
    """The map of a part after some passes."""
    level_map, tail = part.array.map, header.tail
    if tail and header.in_passes[tail[0]] is part.array and part.rows.start >= tail[1]:
        level_map = tail[2]
    assert isinstance(level_map, Map)
    left_out = header.passes - passes
    largest = float(np.finfo(np.float32).max)
    step = level_map.step * (256 / level_map.ratio) ** left_out
    step = float(np.float32(min(max(step, -largest), largest)))
    points = [2 * point for point in header.points[passes - 1]] if left_out else level_map.offsets
    return Map(step, level_map.ratio, points)


def mapped(levels: NDArray[Any], level_map: Map | Relative) -> NDArray[Any]:
    """sign * step * (base + offset / 256), or the float of the word, as doubles."""
    if isinstance(level_map, Map) and level_map.states:
        return by_states(levels, level_map)
    value = float_of if isinstance(level_map, Relative) else value_of
    table = {int(level): value(int(level), level_map) for level in np.unique(levels)}
    return np.array([table[level] for level in levels.ravel().tolist()], dtype=np.float64).reshape(levels.shape)


def by_states(levels: NDArray[Any], level_map: Map) -> NDArray[Any]:
    """The values of a trellis."""
    state, result = 0, []
    for level in levels.ravel().tolist():
        base = 2 * abs(level) - QUANTIZER[level_map.states][state]
        if level_map.offsets and level:
            base += level_map.offsets[min(abs(level), len(level_map.offsets)) - 1] / 256
        result.append(float(np.sign(level)) * (base * level_map.step))
        state = NEXT[level_map.states][state][level % 2]
    return np.array(result).reshape(levels.shape)


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


def type_of(dtype: str) -> Any:
    return np.dtype(getattr(ml_dtypes, dtype, dtype))


def as_dtype(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Cast; to bfloat16 and to types of 8 bits by way of the nearest float32, the latter limited to the finite."""
    own = type_of(dtype)
    if "float" not in dtype or array.dtype == own or dtype in ("float16", "float32", "float64"):
        return array.astype(own)
    single = array.astype(np.float32)
    if "float8" in dtype:
        largest = float(ml_dtypes.finfo(own).max)
        single = np.clip(single, -largest, largest)
    return single.astype(own)


def floats(levels: NDArray[Any], array: Array, data: bytes, signs: NDArray[Any] | None) -> NDArray[Any]:
    """Sign, exponent and mantissa of each float that is not zero; the sign of each that is."""
    (width, places), (exponent, kept) = FLOATS[array.dtype], array.exact or (0, 0)
    stream, left, result = int.from_bytes(data, "big"), 8 * len(data), []
    negative = iter(signs.ravel().tolist() if signs is not None else [])
    for level in levels.ravel().tolist():
        word = int(next(negative, False) if not level else level < 0) << width + places
        if level:
            left -= kept
            field = (exponent + 1 - abs(level)) % (1 << width)
            word |= field << places | (stream >> left & ((1 << kept) - 1)) << (places - kept)
        result.append(word)
    own = type_of(array.dtype)
    return np.array(result, dtype=f"uint{8 * own.itemsize}").view(own).reshape(levels.shape)


def rebuilt(tensor: Tensor, values: State, base: State) -> NDArray[Any]:
    """A tensor by its rule."""
    parts = [values[name] for name in tensor.components]
    if not tensor.rule:
        return values[tensor.name]
    if tensor.rule == "scaled_rows":
        integers, scales = parts
        result = integers.astype(scales.dtype) * scales.reshape(-1, *[1] * (integers.ndim - 1))
    elif tensor.rule == "removed_units":
        result = np.zeros(tensor.shape, parts[0].dtype)
        stay = dict(zip(tensor.parameters, parts[1:], strict=True))
        places = [np.flatnonzero(stay.get(axis, np.ones(extent))) for axis, extent in enumerate(tensor.shape)]
        result[np.ix_(*places)] = parts[0]
    elif tensor.rule == "difference":
        result = base[tensor.name].astype(np.float64) + parts[0].astype(np.float64)
    else:
        assert tensor.rule == "shared"
        (result,) = parts
    return result.astype(type_of(tensor.dtype))


def base_name(state: State) -> bytes:
    """SHA-256 of a base model."""
    text = b""
    for name in sorted(state):
        value = state[name]
        text += name.encode() + b"\0" + value.dtype.name.encode() + b"\0"
        text += struct.pack(f"<{1 + value.ndim}Q", value.ndim, *value.shape) + value.tobytes()
    return hashlib.sha256(text).digest()
