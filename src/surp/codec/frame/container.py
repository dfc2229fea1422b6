"""The frame of a file: magic, version, header, pieces, each with a CRC-32.

The checksum of a piece begins with the header's checksum and the piece's number: it vouches for the file and the place,
and every piece can be checked alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO
from zlib import crc32

from surp.codec.frame import wire
from surp.codec.frame.fields import read_fields, write_fields
from surp.codec.frame.header import Header, PiecePlace
from surp.codec.frame.piece import Piece
from surp.codec.frame.varint import read_varint, write_varints
from surp.errors import CorruptFileError, TruncatedFileError

_FIXED = len(wire.MAGIC) + 1
_FIRST_READ = 1 << 12
"""Bytes that are read at once; most headers are shorter."""


class FileBytes:
    """The bytes of a file, or a file object that can seek: reads what is asked for, and no more."""

    def __init__(self, source: bytes | BinaryIO) -> None:
        self._file = BytesIO(source) if isinstance(source, bytes) else source
        self.size = self._file.seek(0, 2)

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from byte `offset` on, fewer where the file ends."""
        self._file.seek(offset)
        parts = []
        while count > 0 and (part := self._file.read(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def seal(header: Header, contents: Sequence[bytes]) -> bytes:
    """A whole file. `contents` are the pieces of `header.blocks`; their lengths and the padding are filled in."""
    lengths = tuple(len(content) for content in contents)
    padding = _padding(header.elements, sum(lengths))
    header = replace(header, lengths=(*lengths, padding) if padding else lengths, padding=padding)
    body = write_fields(header)
    head = wire.MAGIC + bytes([wire.VERSION]) + write_varints([len(body)]) + body
    checksum = crc32(head)
    parts = [head, _bytes_of(checksum)]
    for number, content in enumerate((*contents, bytes(padding)) if padding else contents):
        parts += [content, _bytes_of(_checksum(checksum, number, content))] if content else []
    return b"".join(parts)


def open_header(source: FileBytes) -> tuple[Header, int, int]:
    """Header, the byte after its checksum, and the checksum.

    Nothing is allocated for tensors before the declared sizes are held against the bytes that are there. Raises
    `TruncatedFileError` if the file ends inside the header, `CorruptFileError` for everything else.
    """
    if not source.size:
        raise TruncatedFileError("byte 0: the file is empty")
    data = source.read(0, _FIRST_READ)
    if data[: len(wire.MAGIC)] != wire.MAGIC[: len(data)]:
        raise CorruptFileError(f"byte 0: not a .surp file (it begins with {data[:4]!r}, not {wire.MAGIC!r})")
    if len(data) < _FIXED:
        raise TruncatedFileError(f"byte {len(data)}: the file ends inside its first {_FIXED} bytes")
    if data[_FIXED - 1] != wire.VERSION:
        raise CorruptFileError(
            f"byte {_FIXED - 1}: format version {data[_FIXED - 1]}; this program reads {wire.VERSION}"
        )
    start, stop = _header_bounds(data)
    end = stop + wire.CRC_BYTES
    if end > source.size:
        raise TruncatedFileError(
            f"block header at byte {start}: the file ends at byte {source.size}; the header alone takes {end}"
        )
    data += source.read(len(data), end - len(data))
    checksum = crc32(data[:stop])
    if _bytes_of(checksum) != data[stop:end]:
        raise CorruptFileError(f"block header at byte {start}: its checksum does not match")
    return read_fields(data[start:stop]), end, checksum


def read_piece(source: FileBytes, place: PiecePlace, checksum: int) -> Piece:
    """A piece that is there; `checksum`: the header's. Raises `CorruptFileError` if its own does not match."""
    found = source.read(place.offset, place.length + wire.CRC_BYTES * (place.length > 0))
    piece = Piece(place.block, place.offset, found[: place.length])
    if place.length and _bytes_of(_checksum(checksum, place.number, piece.content)) != found[place.length :]:
        raise piece.fail("its checksum does not match")
    if place.block == "padding" and any(piece.content):
        raise piece.fail("bytes other than zeros")
    return piece


def check_size(header: Header, size: int) -> None:
    """Raise `CorruptFileError` if the tensors declared are more than the `size` bytes of the pieces justify."""
    allowed = min(wire.FREE_ELEMENTS + wire.ELEMENTS_PER_BYTE * size, wire.MOST_ELEMENTS)
    if header.elements > allowed:
        raise CorruptFileError(
            f"block header at byte {_FIXED}: {header.elements} elements declared; "
            f"{size} bytes of blocks allow {allowed}"
        )


def _padding(elements: int, size: int) -> int:
    """Bytes that a file of almost nothing but zeros lacks for `check_size`."""
    return max(0, -(-(elements - wire.FREE_ELEMENTS) // wire.ELEMENTS_PER_BYTE) - size)


def _checksum(header: int, number: int, content: bytes) -> int:
    return crc32(content, crc32(_bytes_of(header) + number.to_bytes(wire.CRC_BYTES, "little")))


def _bytes_of(checksum: int) -> bytes:
    return checksum.to_bytes(wire.CRC_BYTES, "little")


def _header_bounds(data: bytes) -> tuple[int, int]:
    """Where the header begins and ends, by the length that is declared."""
    found = read_varint(data, _FIXED, wire.VARINT_BYTES)
    if found is not None:
        length, start = found
        return start, start + length
    if len(data) < _FIXED + wire.VARINT_BYTES:
        raise TruncatedFileError(f"byte {len(data)}: the file ends inside the length of its header")
    raise CorruptFileError(f"byte {_FIXED}: a header length of more than 63 bits")
