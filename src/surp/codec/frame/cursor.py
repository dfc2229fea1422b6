"""Bytes read one after the other, and varints of any length: what the plain coders of the folder share."""

from __future__ import annotations

from collections.abc import Iterable

from surp.codec.frame.container import Block

_MOST_BITS = 70
"""A varint holds the distance of any two 64-bit integers, doubled."""


def varints(numbers: Iterable[int]) -> bytes:
    """Unsigned integers, seven bits a byte, least significant first."""
    result = bytearray()
    for number in numbers:
        rest = int(number)
        while rest >= 128:
            result.append(128 | rest & 127)
            rest >>= 7
        result.append(rest)
    return bytes(result)


class Cursor:
    """A block's content, read from its start. Whatever is not there is a `CorruptFileError` that names the block."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.position = 0

    @property
    def left(self) -> int:
        return len(self.block.content) - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise self.block.fail(f"{count} bytes wanted at byte {self.position} of its content; {self.left} are left")
        self.position += count
        return self.block.content[self.position - count : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        """Inverse of `varints` for one of them."""
        number = shift = 0
        while shift < _MOST_BITS:
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
        raise self.block.fail(f"an integer of more than {_MOST_BITS} bits at byte {self.position} of its content")

    def check_end(self) -> None:
        if self.left:
            raise self.block.fail(f"{self.left} bytes too many")
