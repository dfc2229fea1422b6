"""The frame of a file: magic, version, header, blocks, each with a CRC-32.

A checksum continues the one before it, so it also holds that the blocks before are those it was written after: blocks
cannot be exchanged between files or change places unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from surp.codec import _format as wire
from surp.codec._format import Reader, Writer
from surp.codec._header import Header
from surp.codec._packing import pack, unpack
from surp.errors import CorruptFileError, TruncatedFileError


@dataclass(frozen=True)
class Block:
    """A checked block. offset: of its first byte in the file."""

    name: str
    offset: int
    content: bytes

    def fail(self, reason: str) -> CorruptFileError:
        return CorruptFileError(f"block {self.name} at byte {self.offset}: {reason}")


def seal(header: Header, contents: Sequence[bytes]) -> bytes:
    """A whole file. `contents` are those of `header.blocks`; their lengths and the padding are filled in."""
    lengths = tuple(len(content) for content in contents)
    padding = _padding(sum(tensor.size for tensor in header.tensors), sum(lengths))
    header = replace(header, lengths=(*lengths, padding) if padding else lengths, padding=padding)
    packed = pack(header)
    out = Writer()
    out.bytes += wire.MAGIC + bytes([wire.VERSION])
    out.varint(len(packed))
    out.bytes += packed
    checksum = crc32(out.bytes)
    out.bytes += checksum.to_bytes(wire.CRC_BYTES, "little")
    for content in (*contents, bytes(padding)) if padding else contents:
        checksum = crc32(content, checksum)
        out.bytes += content
        out.bytes += checksum.to_bytes(wire.CRC_BYTES, "little")
    return bytes(out.bytes)


def open_file(data: bytes) -> tuple[Header, list[Block], int]:
    """Inverse of `seal`: header, blocks (padding left out), bytes before the first block.

    Raises `TruncatedFileError` if the file is shorter than it says, `CorruptFileError` for everything else. Nothing
    is allocated for tensors before the declared sizes are held against the bytes that are there.
    """
    header, start, checksum = _open_header(data)
    end = start + sum(header.lengths) + wire.CRC_BYTES * len(header.lengths)
    blocks = []
    for name, length in zip(header.blocks, header.lengths, strict=True):
        stop = start + length
        if stop + wire.CRC_BYTES > len(data):
            raise TruncatedFileError(
                f"block {name} at byte {start}: the file ends at byte {len(data)}; its header says {end} bytes"
            )
        block = Block(name, start, data[start:stop])
        checksum = crc32(block.content, checksum)
        if checksum != int.from_bytes(data[stop : stop + wire.CRC_BYTES], "little"):
            raise block.fail("its checksum does not match")
        blocks.append(block)
        start = stop + wire.CRC_BYTES
    if start < len(data):
        raise CorruptFileError(f"byte {start}: {len(data) - start} bytes after the last block")
    check_size(header)
    return header, [block for block in blocks if block.name != "padding"], end - _body_bytes(header)


def check_size(header: Header) -> None:
    """Raise `CorruptFileError` if the tensors declared are more than the bytes of the blocks justify."""
    elements = sum(tensor.size for tensor in header.tensors)
    allowed = wire.FREE_ELEMENTS + wire.ELEMENTS_PER_BYTE * sum(header.lengths)
    if elements > min(allowed, wire.MOST_ELEMENTS):
        raise CorruptFileError(
            f"block header at byte {len(wire.MAGIC) + 1}: {elements} elements declared; "
            f"{sum(header.lengths)} bytes of blocks allow {min(allowed, wire.MOST_ELEMENTS)}"
        )


def _padding(elements: int, size: int) -> int:
    """Bytes that a file of almost nothing but zeros lacks for `check_size`."""
    return max(0, -(-(elements - wire.FREE_ELEMENTS) // wire.ELEMENTS_PER_BYTE) - size)


def _body_bytes(header: Header) -> int:
    return sum(header.lengths) + wire.CRC_BYTES * len(header.lengths)


def _open_header(data: bytes) -> tuple[Header, int, int]:
    """Header, the byte after its checksum, and the checksum."""
    if not data:
        raise TruncatedFileError("byte 0: the file is empty")
    fixed = len(wire.MAGIC) + 1
    if data[: len(wire.MAGIC)] != wire.MAGIC[: len(data)]:
        raise CorruptFileError(f"byte 0: not a .surp file (it begins with {data[:4]!r}, not {wire.MAGIC!r})")
    if len(data) < fixed:
        raise TruncatedFileError(f"byte {len(data)}: the file ends inside its first {fixed} bytes")
    if data[fixed - 1] != wire.VERSION:
        raise CorruptFileError(f"byte {fixed - 1}: format version {data[fixed - 1]}; this program reads {wire.VERSION}")
    length, start = _header_length(data, fixed)
    stop = start + length
    if stop + wire.CRC_BYTES > len(data):
        raise TruncatedFileError(
            f"block header at byte {start}: the file ends at byte {len(data)}; "
            f"the header alone takes {stop + wire.CRC_BYTES}"
        )
    checksum = crc32(data[:stop])
    if checksum != int.from_bytes(data[stop : stop + wire.CRC_BYTES], "little"):
        raise CorruptFileError(f"block header at byte {start}: its checksum does not match")
    return unpack(data[start:stop]), stop + wire.CRC_BYTES, checksum


def _header_length(data: bytes, fixed: int) -> tuple[int, int]:
    """Declared length of the header, and where it begins."""
    field = data[fixed : fixed + wire.VARINT_BYTES]
    if len(field) < wire.VARINT_BYTES and all(byte > 127 for byte in field):
        raise TruncatedFileError(f"byte {len(data)}: the file ends inside the length of its header")
    reader = Reader(field, "header length")
    return reader.varint(), fixed + reader.position
