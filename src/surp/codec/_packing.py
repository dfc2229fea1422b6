"""The header packed with a dictionary of the names that layers usually have, or as it is where that is shorter."""

from __future__ import annotations

import zlib

from surp.codec import _format as wire
from surp.codec._body import read_body, write_body
from surp.codec._format import Reader
from surp.codec._header import Header
from surp.errors import CorruptFileError


def pack(header: Header) -> bytes:
    """Bytes of the header: one that says how it is packed, then the body."""
    body = write_body(header)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, wire.DICTIONARY)
    packed = packer.compress(body) + packer.flush()
    if len(packed) < len(body) <= wire.UNPACKED_FREE + wire.UNPACKED_PER_BYTE * len(packed):
        return bytes([wire.PACKINGS["deflate"]]) + packed
    return bytes([wire.PACKINGS["raw"]]) + body


def unpack(data: bytes) -> Header:
    """Inverse of `pack`. Raises `CorruptFileError`; allocates at most 64 times the header's size and 64 KiB."""
    reader = Reader(data, "header")
    if reader.pick(wire.PACKINGS, "packing") == "deflate":
        reader = Reader(_inflate(data[1:]), "header")
    header = read_body(reader)
    if reader.position < len(reader.data):
        raise reader.fail(f"{len(reader.data) - reader.position} bytes too many")
    return header


def _inflate(packed: bytes) -> bytes:
    limit = wire.UNPACKED_FREE + wire.UNPACKED_PER_BYTE * len(packed)
    unpacker = zlib.decompressobj(-15, wire.DICTIONARY)
    try:
        body = unpacker.decompress(packed, limit)
    except zlib.error as error:
        raise CorruptFileError(f"block header, byte 1 of its content: cannot be unpacked: {error}") from None
    if not unpacker.eof or unpacker.unused_data:
        raise CorruptFileError(f"block header, byte 1 of its content: does not unpack to at most {limit} bytes")
    return body
