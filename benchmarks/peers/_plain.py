"""What the simple peers share: a header with names and shapes, varints, the narrowest integer type."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from surp.codec.frame.varint import read_varint, write_varints

VARINT_BYTES = 10

Levels = Mapping[str, np.ndarray]


def header(levels: Levels) -> bytes:
    """Names and shapes, as JSON of stated length: restored like everything else, so they count."""
    text = json.dumps({name: level.shape for name, level in levels.items()}, separators=(",", ":")).encode()
    return write_varints([len(text)]) + text


def read_header(data: bytes) -> tuple[dict[str, tuple[int, ...]], int]:
    """Inverse of `header`: shapes by name, and the position after it."""
    (length,), start = read_varints(data, 0, 1)
    shapes = json.loads(data[start : start + length])
    return {name: tuple(shape) for name, shape in shapes.items()}, start + length


def read_varints(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    """Inverse of `write_varints` for `count` of them, and the position after them."""
    numbers = []
    for _ in range(count):
        found = read_varint(data, position, VARINT_BYTES)
        if found is None:
            raise ValueError(f"byte {position}: an integer that does not end")
        numbers.append(found[0])
        position = found[1]
    return numbers, position


def table(symbols: np.ndarray, counts: np.ndarray) -> bytes:
    """Ascending symbols as differences, and a number for each: what a decoder must know of a static model."""
    first = int(symbols[0])
    steps = np.diff(symbols.astype(np.int64))
    return write_varints([len(symbols), 2 * first if first >= 0 else -2 * first - 1, *steps, *counts])


def read_table(data: bytes, position: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Inverse of `table`, and the position after it."""
    (count,), position = read_varints(data, position, 1)
    (first, *steps), position = read_varints(data, position, count)
    counts, position = read_varints(data, position, count)
    start = first // 2 if first % 2 == 0 else -(first + 1) // 2
    return start + np.cumsum([0, *steps]).astype(np.int64), np.array(counts, dtype=np.int64), position


def packed(levels: Levels) -> bytes:
    """Header, one byte a tensor for its width, then the levels as the narrowest signed integers of 1, 2 or 4 bytes."""
    types = [narrowest(level) for level in levels.values()]
    widths = bytes(np.dtype(kind).itemsize for kind in types)
    return (
        header(levels)
        + widths
        + b"".join(level.astype(kind).tobytes() for kind, level in zip(types, levels.values(), strict=True))
    )


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    """Inverse of `packed`; int8, int16 or int32."""
    shapes, position = read_header(data)
    result, start = {}, position + len(shapes)
    for (name, shape), width in zip(shapes.items(), data[position:start], strict=True):
        count = int(np.prod(shape, dtype=np.int64))
        result[name] = np.frombuffer(data, dtype=f"<i{width}", count=count, offset=start).reshape(shape)
        start += count * width
    return result


def narrowest(level: np.ndarray) -> str:
    largest = int(np.abs(level.astype(np.int64)).max(initial=0))
    return "<i1" if largest < 1 << 7 else "<i2" if largest < 1 << 15 else "<i4"
