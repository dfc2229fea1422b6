"""The columns of the stages `encode` and `decode`."""

from __future__ import annotations

from typing import Self

from surp.records.section import Section


class SizeColumns(Section):
    """The size of a file and what follows from it: bits per weight 8 b / n, ratio 4 n / b, dense bytes 4 n."""

    bytes: int
    bits_per_weight: float | None = None
    ratio: float | None = None
    dense_bytes: int | None = None

    @classmethod
    def of_file(cls, size: int, floats: int) -> Self:
        """Of a file of b = `size` bytes that holds n = `floats` floating-point elements."""
        dense = 4 * floats
        return cls(bytes=size, bits_per_weight=8 * size / max(floats, 1), ratio=dense / size, dense_bytes=dense)


class EncodeColumns(Section):
    """surp_sha256: of the file."""

    coder: str
    preset: str = ""
    surp_sha256: str = ""
    seconds_encode: float | None = None


class DecodeColumns(Section):
    """decoded_sha256: of the checkpoint that the file was decoded to."""

    seconds_decode: float | None = None
    decoded_sha256: str = ""
