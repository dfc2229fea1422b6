"""The frame of a file: magic, version, header, blocks, each with a CRC-32.

A checksum continues the one before it, so it also holds that the blocks before are those it was written after: blocks
cannot be exchanged between files or change places unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from surp.codec.frame import wire
from surp.codec.frame.fields import read_body, write_body
from surp.codec.frame.header import Header
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
    padding = _padding(header.elements, sum(lengths))
    header = replace(header, lengths=(*lengths, padding) if padding else lengths, padding=padding)
    body = write_body(header)
    head = wire.MAGIC + bytes([wire.VERSION]) + varint(len(body)) + body
    checksum = crc32(head)
    parts = [head, checksum.to_bytes(wire.CRC_BYTES, "little")]
    for content in (*contents, bytes(padding)) if padding else contents:
        checksum = crc32(content, checksum)
        parts += [content, checksum.to_bytes(wire.CRC_BYTES, "little")]
    return b"".join(parts)


def varint(value: int) -> bytes:
    """0 <= value < 2^63, seven bits a byte, least significant first, the high bit says that more follow."""
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes([*result, value])


def open_file(data: bytes, partial: bool = False) -> tuple[Header, list[Block], int]:
    """Inverse of `seal`: header, blocks (padding left out), bytes before the first block.

    partial: of a file that ends early, the blocks that are whole. Raises `TruncatedFileError` if the file is shorter
    than it says, `CorruptFileError` for everything else. Nothing is allocated for tensors before the declared sizes
    are held against the bytes that are there.
    """
    header, start, checksum = _open_header(data)
    first = start
    end = start + sum(header.lengths) + wire.CRC_BYTES * len(header.lengths)
    blocks = []
    for name, length in zip(header.blocks, header.lengths, strict=True):
        stop = start + length
        if stop + wire.CRC_BYTES > len(data):
            if partial:
                start = len(data)
                break
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
    check_size(header, len(data) - first if partial else sum(header.lengths))
    return header, [block for block in blocks if block.name != "padding"], first


def check_size(header: Header, size: int) -> None:
    """Raise `CorruptFileError` if the tensors declared are more than the `size` bytes of the blocks justify."""
    elements = header.elements
    allowed = wire.FREE_ELEMENTS + wire.ELEMENTS_PER_BYTE * size
    if elements > min(allowed, wire.MOST_ELEMENTS):
        raise CorruptFileError(
            f"block header at byte {len(wire.MAGIC) + 1}: {elements} elements declared; "
            f"{size} bytes of blocks allow {min(allowed, wire.MOST_ELEMENTS)}"
        )


def _padding(elements: int, size: int) -> int:
    """Bytes that a file of almost nothing but zeros lacks for `check_size`."""
    return max(0, -(-(elements - wire.FREE_ELEMENTS) // wire.ELEMENTS_PER_BYTE) - size)


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
    return read_body(data[start:stop]), stop + wire.CRC_BYTES, checksum


def _header_length(data: bytes, fixed: int) -> tuple[int, int]:
    """Declared length of the header, and where it begins."""
    length = 0
    for index, byte in enumerate(data[fixed : fixed + wire.VARINT_BYTES]):
        length |= (byte & 127) << 7 * index
        if byte < 128:
            return length, fixed + index + 1
    if len(data) < fixed + wire.VARINT_BYTES:
        raise TruncatedFileError(f"byte {len(data)}: the file ends inside the length of its header")
    raise CorruptFileError(f"byte {fixed}: a header length of more than 63 bits")
