"""One checked run of bytes of a file, and reading on in it."""

from __future__ import annotations

from dataclasses import dataclass

from surp.codec.frame.varint import read_varint
from surp.errors import CorruptFileError

_VARINT_BYTES = 10
"""A varint holds the distance of any two 64-bit integers, doubled."""


@dataclass(frozen=True)
class Piece:
    """A lane of a block. offset: of its first byte in the file."""

    block: str
    offset: int
    content: bytes

    def fail(self, reason: str) -> CorruptFileError:
        return CorruptFileError(f"block {self.block} at byte {self.offset}: {reason}")


class Cursor:
    """A piece's content, read from its start. Whatever is not there is a `CorruptFileError` that names the block."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.position = 0

    @property
    def left(self) -> int:
        return len(self.piece.content) - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise self.piece.fail(f"{count} bytes wanted at byte {self.position} of its content; {self.left} are left")
        self.position += count
        return self.piece.content[self.position - count : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        found = read_varint(self.piece.content, self.position, _VARINT_BYTES)
        if found is None:
            raise self.piece.fail(
                f"an integer that does not end, or has more than {7 * _VARINT_BYTES} bits, "
                f"at byte {self.position} of its content"
            )
        number, self.position = found
        return number

    def check_end(self) -> None:
        if self.left:
            raise self.piece.fail(f"{self.left} bytes too many")
