"""Integers of any length, seven bits a byte, the least significant first; the high bit says that another byte
follows."""

from __future__ import annotations

from collections.abc import Iterable


def write_varints(numbers: Iterable[int]) -> bytes:
    """Unsigned integers, one after the other."""
    result = bytearray()
    for number in numbers:
        rest = int(number)
        while rest > 127:
            result.append(128 | rest & 127)
            rest >>= 7
        result.append(rest)
    return bytes(result)


def read_varint(data: bytes, place: int, most_bytes: int) -> tuple[int, int] | None:
    """The number at byte `place`, and the byte after it; None where it does not end in the data or in so many bytes."""
    number = 0
    for index, byte in enumerate(data[place : place + most_bytes]):
        number |= (byte & 127) << 7 * index
        if byte < 128:
            return number, place + index + 1
    return None
