"""Every constant of the `.surp` format, and its integers on the wire. Specified byte by byte in `docs/format.md`.

A changed value here changes the format: golden files break, and `VERSION` moves.
"""

from __future__ import annotations

from typing import Final

from surp.errors import CorruptFileError

MAGIC: Final = b"SuRP"
VERSION: Final = 0
"""0 is a draft, which may change without notice; version 1 will be readable for ever."""

KINDS: Final = {"levels": 0, "model": 1}
CODERS: Final = {"adaptive": 0}
PRESETS: Final = {"default": 0}
DTYPES: Final = {
    **{"bool": 0, "uint8": 1, "int8": 2, "uint16": 3, "int16": 4, "uint32": 5, "int32": 6},
    **{"uint64": 7, "int64": 8, "float16": 9, "float32": 10, "float64": 11},
}
PACKINGS: Final = {"raw": 0, "deflate": 1}

HAS_MAP: Final = 1
EMBEDDED: Final = 2
OWN_LEVEL_TYPE: Final = 4
"""Flags of a tensor. The last: its levels are not int32, their type follows."""

VARINT_BYTES: Final = 9
"""Most bytes of a varint: 63 bits."""
CRC_BYTES: Final = 4
STEP_BYTES: Final = 4
MOST_PASSES: Final = 31
MOST_DIMENSIONS: Final = 64
POINT_UNIT: Final = 2
"""A prefix's reconstruction offsets are int8 in units of 2/256."""
POINT_BYTES: Final = 2

FREE_ELEMENTS: Final = 1 << 22
ELEMENTS_PER_BYTE: Final = 1 << 12
MOST_ELEMENTS: Final = 1 << 33
"""A file may declare FREE_ELEMENTS + ELEMENTS_PER_BYTE for each byte of its blocks, and never more than the last."""
UNPACKED_FREE: Final = 1 << 16
UNPACKED_PER_BYTE: Final = 64
"""A packed header may unpack to UNPACKED_FREE + UNPACKED_PER_BYTE for each of its bytes."""

DICTIONARY: Final = (
    b"num_batches_trackedrunning_varrunning_meanembeddingsmlplayer_normself_attn.in_proj_weightdownsample.0.weight"
    b"shortcut.0.weightclassifier.6.weightfeatures.0.weightblocks.0.stem.convolution.layers.layer4.layer3.layer2."
    b"layer1.0.bn2.weightbn1.biasnorm1.weightfc3.weightfc2.biasfc2.weightfc1.biasfc1.weightconv2.biasconv2.weight"
    b"conv1.biasconv1.weight\x0auniform\x0asuccessive"
)
"""Text that a packed header may refer to: names of the usual layers, the likeliest last."""


class Writer:
    """Bytes of a header under construction."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def varint(self, value: int) -> None:
        """0 <= value < 2^63, seven bits a byte, least significant first, the high bit says that more follow."""
        while value > 127:
            self.bytes.append(value & 127 | 128)
            value >>= 7
        self.bytes.append(value)

    def signed(self, value: int) -> None:
        """Any sign: 0, -1, 1, -2, ... are the varints 0, 1, 2, 3, ..."""
        self.varint(2 * value if value >= 0 else -2 * value - 1)

    def text(self, value: str) -> None:
        raw = value.encode()
        self.varint(len(raw))
        self.bytes += raw


class Reader:
    """Inverse of `Writer`. Raises `CorruptFileError` naming the block and the byte offset in it."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self.position = 0

    def fail(self, reason: str) -> CorruptFileError:
        return CorruptFileError(f"block {self.where}, byte {self.position} of its content: {reason}")

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.position:
            raise self.fail(f"{count} bytes wanted, {len(self.data) - self.position} are there")
        self.position += count
        return self.data[self.position - count : self.position]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 7 * VARINT_BYTES, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise self.fail("an integer of more than 63 bits")

    def signed(self) -> int:
        value = self.varint()
        return -(value + 1) // 2 if value & 1 else value // 2

    def text(self) -> str:
        raw = self.take(self.varint())
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise self.fail("a name that is not UTF-8") from None

    def pick(self, table: dict[str, int], what: str) -> str:
        """The word whose wire id is next."""
        wire = self.varint()
        for word, known in table.items():
            if wire == known:
                return word
        raise self.fail(f"{what} id {wire}; known: {', '.join(f'{i} {w}' for w, i in table.items())}")
