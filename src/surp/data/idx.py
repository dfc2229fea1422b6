"""IDX, the file format of the MNIST family: unsigned bytes with one to four dimensions.

Layout: two zero bytes, the type (8 = unsigned byte), the number of dimensions, then each dimension as a big-endian
32-bit integer, then the elements in C order. Source: http://yann.lecun.com/exdb/mnist/ ("the IDX file format").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from surp.errors import DataError

_UBYTE = 8
_MOST_DIMENSIONS = 4
_MOST_BYTES = 1 << 31  # larger claims are refused before anything is allocated
_PIECE = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


def pack(array: NDArray[np.uint8]) -> bytes:
    """The IDX file of an array of one to four dimensions. Inverse of `parse`."""
    if array.dtype != np.uint8 or not 1 <= array.ndim <= _MOST_DIMENSIONS:
        raise DataError(f"IDX holds uint8 of 1 to {_MOST_DIMENSIONS} dimensions; got {array.dtype} {array.shape}")
    return bytes([0, 0, _UBYTE, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def parse(content: bytes, where: str) -> NDArray[np.uint8]:
    """The array in an IDX file's (decompressed) content. Inverse of `pack`.

    Raises `DataError` naming `where` and both sizes when the magic, the header or the length is wrong.
    """
    dimensions = _dimensions(content, where)
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    expected, found = math.prod(shape), len(content) - 4 - 4 * dimensions
    if expected != found:
        raise DataError(f"{where}: its header {shape} announces {expected} bytes, but {found} follow")
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * dimensions).reshape(shape).copy()


def read_content(path: Path) -> bytes:
    """The decompressed bytes of an IDX file, plain or gzip (told by its first bytes, not by its name).

    At most one byte more than the header announces is read, so a hostile archive cannot fill the memory.
    """
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == _GZIP_MAGIC
        with gzip.open(path) if compressed else path.open("rb") as stream:
            return _read_announced(cast(IO[bytes], stream), str(path))
    except EOFError:
        raise DataError(f"{path}: truncated: the compressed stream ends after {path.stat().st_size} bytes") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged gzip file: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def _read_announced(stream: IO[bytes], where: str) -> bytes:
    head = stream.read(4)
    dimensions = _dimensions(head, where, sizes=False)
    head += stream.read(4 * dimensions)
    _dimensions(head, where)
    expected = math.prod(struct.unpack_from(f">{dimensions}I", head, 4))
    if expected > _MOST_BYTES:
        raise DataError(f"{where}: its header announces {expected} bytes; at most {_MOST_BYTES} are read")
    pieces, left = [head], expected + 1
    while left and (piece := stream.read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _dimensions(content: bytes, where: str, *, sizes: bool = True) -> int:
    """Number of dimensions, after checking the magic and, if `sizes`, that the header is whole."""
    if len(content) < 4:
        raise DataError(f"{where}: truncated: {len(content)} bytes, an IDX header has 8 or more")
    if content[:3] != bytes([0, 0, _UBYTE]) or not 1 <= content[3] <= _MOST_DIMENSIONS:
        raise DataError(f"{where}: not an IDX file of unsigned bytes (it starts with {content[:4].hex()})")
    if sizes and len(content) < 4 + 4 * content[3]:
        raise DataError(f"{where}: truncated: {len(content)} bytes, its header has {4 + 4 * content[3]}")
    return content[3]
