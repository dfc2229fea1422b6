"""The blocks of the coders 1 and 2, read as `docs/format.md` says and with nothing of the package."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

Shape = tuple[int, ...]
Unpack = Callable[[bytes], bytes]
"""The content of a zstd frame: RFC 8878 is not ours to write again."""


def varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if data[place - 1] < 128:
            return value, place


def sequence(data: bytes, place: int, size: int) -> tuple[list[int], int]:
    if not size:
        return [], place
    count, place = varint(data, place)
    first, place = varint(data, place)
    symbols = [first // 2 if first % 2 == 0 else -(first + 1) // 2]
    for _ in range(count - 1):
        distance, place = varint(data, place)
        symbols.append(symbols[-1] + distance)
    lengths = []
    for _ in range(count):
        length, place = varint(data, place)
        lengths.append(length)
    size_of_code, place = varint(data, place)
    code, last, book = 0, 0, {}
    for length, symbol in sorted(zip(lengths, symbols, strict=True)):
        code <<= length - last
        book[format(code, f"0{length}b") if length else ""] = symbol
        code, last = code + 1, length
    bits = "".join(format(byte, "08b") for byte in data[place : place + size_of_code])
    result: list[int] = []
    start = 0
    while len(result) < size:
        end = start
        while bits[start:end] not in book:
            end += 1
        result.append(book[bits[start:end]])
        start = end
    return result, place + size_of_code


def huffman_csr(data: bytes, shapes: list[Shape]) -> list[list[int]]:
    result, place = [], 0
    for shape in shapes:
        size, way, place = prod(shape), data[place], place + 1
        if way == 0:
            values, place = sequence(data, place, size)
        else:
            entries, place = varint(data, place)
            distances, place = sequence(data, place, entries)
            found, place = sequence(data, place, entries)
            values, at = [0] * size, -1
            for distance, value in zip(distances, found, strict=True):
                at += distance
                values[at] = value
        result.append(values)
    assert place == len(data)
    return result


def stream(data: bytes, place: int, unpack: Unpack) -> tuple[bytes, int]:
    way, place = data[place], place + 1
    length, place = varint(data, place)
    content = data[place : place + length]
    return (unpack(content) if way else content), place + length


def bitmap_zstd(data: bytes, shapes: list[Shape], unpack: Unpack) -> list[list[int]]:
    head, place = stream(data, 0, unpack)
    values, place = stream(data, place, unpack)
    assert place == len(data)
    result, at, taken = [], len(shapes), 0
    for shape, width in zip(shapes, head, strict=False):
        size = prod(shape)
        bits = "".join(format(byte, "08b") for byte in head[at : at + -(-size // 8)])
        at += -(-size // 8)
        result.append([0] * size)
        for index, bit in enumerate(bits[:size]):
            if bit == "1":
                result[-1][index] = int.from_bytes(values[taken : taken + width], "little", signed=True)
                taken += width
    assert taken == len(values)
    return result
