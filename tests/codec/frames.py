"""Files taken apart and put together by hand: their pieces, and right checksums around whatever a test wants inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from zlib import crc32

from surp import codec, registry
from surp.codec.frame import wire
from surp.codec.frame.fields import write_fields
from surp.codec.frame.header import Array, Header, TensorEntry
from surp.codec.frame.varint import write_varints


def header_of(kind: str, *arrays: Array, coder: str = "adaptive", **more: Any) -> Header:
    """A header whose tensors are these arrays."""
    lanes = registry.load("coders", coder).LANES
    tensors = tuple(TensorEntry(array.name, array.shape, array.dtype) for array in arrays)
    return Header(kind, coder, "default", tensors, arrays, lanes=lanes, **more)


def integers(name: str, shape: tuple[int, ...], dtype: str = "int32") -> Array:
    return Array(name, shape, dtype, dtype)


def opened(data: bytes) -> tuple[Header, list[bytes]]:
    """The header, and the content of every piece but the padding."""
    file = codec.open(data)
    places = [place for place in file.places if place.block != "padding"]
    return file.header, [file.piece(place.block, place.lane).content for place in places]


def declared(header: Header, pieces: Iterable[bytes]) -> bytes:
    """Right lengths and checksums around any pieces; padding stays as the header has it."""
    contents = [*pieces, *[bytes(header.padding)] * bool(header.padding)]
    return framed(write_fields(replace(header, lengths=tuple(map(len, contents)))), contents)


def framed(body: bytes, pieces: Iterable[bytes] = ()) -> bytes:
    """A file with right checksums around any header and any pieces."""
    head = wire.MAGIC + bytes([wire.VERSION]) + write_varints([len(body)]) + body
    checksum = _bytes_of(crc32(head))
    parts = [head, checksum]
    for number, piece in enumerate(pieces):
        own = crc32(checksum + number.to_bytes(4, "little") + piece)
        parts += [piece, _bytes_of(own)] if piece else []
    return b"".join(parts)


def _bytes_of(checksum: int) -> bytes:
    return checksum.to_bytes(4, "little")
