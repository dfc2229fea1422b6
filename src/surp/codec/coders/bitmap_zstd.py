"""A bitmap of the survivors and their values, each through zstd: the sparse file that needs no coder of its own.

Values of a tensor are the narrowest signed integers that hold them. Facebook's zstd (RFC 8878) at level 19 packs all
bitmaps as one stream and all values as another; a stream that it cannot shrink is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Literal

import numpy as np
import zstandard
from numpy.typing import NDArray
from pydantic import Field

from surp.codec.frame.piece import Cursor, Piece
from surp.codec.frame.varint import write_varints
from surp.codec.scan import Levels, Scan
from surp.parameters import Frozen

TITLE = "bitmap + zstd"
PEER = True
"""Not ours: what it makes is compared with ours (`surp.comparison.matched`)."""
PRESETS = ("default",)
LANES = False
STORED, PACKED = 0, 1
WIDTHS = (1, 2, 4, 8)
"""Bytes of a value."""


class Parameters(Frozen):
    """level: zstd's, 1 (fast) to 22 (small); the decoder does not need it."""

    preset: Literal["default"] = "default"
    level: int = Field(default=19, ge=1, le=22)


def encode_plain(tensors: Iterable[tuple[Scan, Levels]], parameters: Parameters) -> bytes:
    """Widths and bitmaps, then values. The bytes depend on zstd's version; what they mean does not."""
    widths, bitmaps, values = bytearray(), [], []
    for _, levels in tensors:
        alive = levels.reshape(-1)[levels.reshape(-1) != 0]
        widths.append(narrowest(alive))
        bitmaps.append(np.packbits(levels.reshape(-1) != 0).tobytes())
        values.append(alive.astype(f"<i{widths[-1]}").tobytes())
    return _packed(bytes(widths) + b"".join(bitmaps), parameters.level) + _packed(b"".join(values), parameters.level)


def decode_plain(piece: Piece, tensors: Sequence[Scan], preset: str) -> tuple[list[Levels], list[float | None]]:
    """Inverse of `encode_plain`; what a tensor took is not known. Raises `CorruptFileError`."""
    cursor = Cursor(piece)
    sizes = [prod(scan.shape) for scan in tensors]
    head = _unpacked(cursor, len(sizes) + sum(-(-size // 8) for size in sizes))
    widths, bitmaps = head[: len(sizes)], np.frombuffer(head, dtype=np.uint8, offset=len(sizes))
    masks: list[NDArray[np.bool_]] = []
    for size in sizes:
        here, bitmaps = bitmaps[: -(-size // 8)], bitmaps[-(-size // 8) :]
        masks.append(np.unpackbits(here, count=size).astype(np.bool_))
    if not set(widths) <= set(WIDTHS):
        raise piece.fail(f"values of {sorted(set(widths) - set(WIDTHS))} bytes; allowed: {WIDTHS}")
    counts = [int(np.count_nonzero(mask)) for mask in masks]
    values = _unpacked(cursor, sum(count * width for count, width in zip(counts, widths, strict=True)))
    cursor.check_end()
    result, start = [], 0
    for scan, mask, count, width in zip(tensors, masks, counts, widths, strict=True):
        alive = np.frombuffer(values, dtype=f"<i{width}", count=count, offset=start)
        start += count * width
        result.append(_spread(piece, scan, mask, alive))
    return result, [None] * len(result)


def narrowest(values: Levels) -> int:
    """Bytes of the narrowest signed integers that hold all values."""
    least, greatest = int(values.min(initial=0)), int(values.max(initial=0))
    bits = max((~least).bit_length(), greatest.bit_length()) + 1
    return next(width for width in WIDTHS if bits <= 8 * width)


def warm_up() -> None:
    """Nothing is compiled here."""


def _spread(piece: Piece, scan: Scan, mask: NDArray[np.bool_], alive: Levels) -> Levels:
    """The tensor whose survivors are `alive`."""
    if alive.size and not scan.least <= int(alive.min()) <= int(alive.max()) <= scan.greatest:
        raise piece.fail("a level outside the range of its type")
    levels = np.zeros(mask.size, dtype=scan.dtype)
    levels[mask] = alive
    return levels.reshape(scan.shape)


def _packed(content: bytes, level: int) -> bytes:
    """Whether it is packed, the length of what follows, and that."""
    packed = zstandard.ZstdCompressor(level=level).compress(content)
    way, shorter = (PACKED, packed) if len(packed) < len(content) else (STORED, content)
    return bytes([way]) + write_varints([len(shorter)]) + shorter


def _unpacked(cursor: Cursor, size: int) -> bytes:
    """Inverse of `_packed`; nothing is allocated for a frame that does not say it holds `size` bytes."""
    way, content = cursor.byte(), cursor.take(cursor.varint())
    if way not in (STORED, PACKED):
        raise cursor.piece.fail(f"a stream kept in the way {way}; known: {STORED} stored, {PACKED} zstd")
    try:
        said = zstandard.frame_content_size(content) if way == PACKED else len(content)
        if said != size:
            raise cursor.piece.fail(f"a stream of {said if said >= 0 else 'unsaid'} bytes, but {size} wanted")
        return zstandard.ZstdDecompressor().decompress(content, allow_extra_data=False) if way == PACKED else content
    except zstandard.ZstdError as error:
        raise cursor.piece.fail(f"zstd: {error}") from None
