"""Huffman and relative indices as in Deep Compression (Han, Mao, Dally, arXiv 1510.00149, sections 2 and 3).

A tensor of two or more dimensions becomes the sequence of its non-zeros in row-major order, each with its distance to
the one before: 8 bits for convolutions, 5 bits for fully connected layers; where a gap is too long for that, a zero is
put in (figure 2). Distances and values are Huffman coded, the code tables are in the file. A tensor for which the plain
Huffman code of all its values is smaller (biases, dense layers) is stored as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Literal

import numpy as np

from surp.codec.entropy import huffman as _huffman
from surp.codec.entropy.huffman import Integers, read_sequence, write_sequence
from surp.codec.frame.piece import Cursor, Piece
from surp.codec.frame.varint import write_varints
from surp.codec.scan import Levels, Scan
from surp.parameters import Frozen

TITLE = "Huffman + CSR"
PEER = True
"""Not ours: what it makes is compared with ours (`surp.comparison.matched`)."""
PRESETS = ("default",)
LANES = False
DENSE, RELATIVE = 0, 1


class Parameters(Frozen):
    """The paper's coding has no choices."""

    preset: Literal["default"] = "default"


def encode_plain(tensors: Iterable[tuple[Scan, Levels]], parameters: Parameters) -> bytes:
    """Code integers, tensor after tensor."""
    return b"".join(_encode_tensor(levels) for _, levels in tensors)


def decode_plain(piece: Piece, tensors: Sequence[Scan], preset: str) -> tuple[list[Levels], list[float | None]]:
    """Inverse of `encode_plain`: levels, and the bits each tensor took. Raises `CorruptFileError`."""
    cursor = Cursor(piece)
    result: list[Levels] = []
    bits: list[float | None] = []
    for scan in tensors:
        start = cursor.position
        result.append(_decode_tensor(cursor, scan).astype(scan.dtype).reshape(scan.shape))
        bits.append(8.0 * (cursor.position - start))
    cursor.check_end()
    return result, bits


def warm_up() -> None:
    """Compile the kernel now."""
    _huffman.warm_up()


def _encode_tensor(levels: Levels) -> bytes:
    flat = levels.reshape(-1).astype(np.int64)
    dense = bytes([DENSE]) + write_sequence(flat)
    if levels.ndim < 2:
        return dense
    gaps, values = relative(flat, index_bits(levels.ndim))
    sparse = bytes([RELATIVE]) + write_varints([len(gaps)]) + write_sequence(gaps) + write_sequence(values)
    return min(sparse, dense, key=len)


def _decode_tensor(cursor: Cursor, scan: Scan) -> Integers:
    size, way = prod(scan.shape), cursor.byte()
    if way == DENSE:
        return read_sequence(cursor, size, scan.least, scan.greatest)
    if way != RELATIVE or len(scan.shape) < 2:
        raise cursor.piece.fail(f"a tensor of {len(scan.shape)} dimensions coded in the way {way}")
    length = cursor.varint()
    if length > size:
        raise cursor.piece.fail(f"{length} entries in a tensor of {size} elements")
    gaps = read_sequence(cursor, length, 1, 1 << index_bits(len(scan.shape)))
    if int(gaps.sum()) > size:
        raise cursor.piece.fail(f"an entry at {int(gaps.sum())} in a tensor of {size} elements")
    return absolute(gaps, read_sequence(cursor, length, scan.least, scan.greatest), size)


def index_bits(dimensions: int) -> int:
    return 8 if dimensions > 2 else 5


def relative(flat: Integers, bits: int) -> tuple[Integers, Integers]:
    """Distances in 1 to 2^bits and values, padding zeros among them."""
    most = 1 << bits
    places = np.flatnonzero(flat)
    steps = np.diff(places, prepend=-1)
    paddings = (steps - 1) // most
    gaps = np.full(len(steps) + int(paddings.sum()), most, dtype=np.int64)
    values = np.zeros(len(gaps), dtype=np.int64)
    ends = np.arange(len(steps)) + np.cumsum(paddings)
    gaps[ends] = steps - most * paddings
    values[ends] = flat[places]
    return gaps, values


def absolute(gaps: Integers, values: Integers, size: int) -> Integers:
    """Inverse of `relative`."""
    flat = np.zeros(size, dtype=np.int64)
    flat[np.cumsum(gaps) - 1] = values
    return flat
