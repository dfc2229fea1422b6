"""Huffman and relative indices as in Deep Compression (Han, Mao, Dally, arXiv 1510.00149, sections 2 and 3).

A tensor of two or more dimensions becomes the sequence of its non-zeros in row-major order, each with its distance to
the one before: 8 bits for convolutions, 5 bits for fully connected layers; where a gap is too long for that, a zero is
put in (figure 2). Distances and values are Huffman coded, the code tables are in the file. A tensor for which the plain
Huffman code of all its values is smaller (biases, dense layers) is stored as such.
"""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from _bits import join, split
from _plain import Levels, header, read_header, read_table, read_varints, table, varints

DENSE, RELATIVE = 0, 1


def encode(levels: Levels) -> bytes:
    return header(levels) + b"".join(_encode_tensor(level) for level in levels.values())


def decode(data: bytes) -> dict[str, np.ndarray]:
    shapes, position = read_header(data)
    result = {}
    for name, shape in shapes.items():
        result[name], position = _decode_tensor(data, position, shape)
    return result


def _encode_tensor(level: np.ndarray) -> bytes:
    flat = level.reshape(-1).astype(np.int64)
    dense = bytes([DENSE]) + _encode_sequence(flat)
    if level.ndim < 2:
        return dense
    gaps, values = relative(flat, index_bits(level.ndim))
    sparse = bytes([RELATIVE]) + varints([len(gaps)]) + _encode_sequence(gaps) + _encode_sequence(values)
    return min(sparse, dense, key=len)


def _decode_tensor(data: bytes, position: int, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    size, kind, position = int(np.prod(shape, dtype=np.int64)), data[position], position + 1
    if kind == DENSE:
        flat, position = _decode_sequence(data, position, size)
        return flat.reshape(shape), position
    (length,), position = read_varints(data, position, 1)
    gaps, position = _decode_sequence(data, position, length)
    values, position = _decode_sequence(data, position, length)
    return absolute(gaps, values, size).reshape(shape), position


def index_bits(dimensions: int) -> int:
    return 8 if dimensions > 2 else 5


def relative(flat: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
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


def absolute(gaps: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Inverse of `relative`."""
    flat = np.zeros(size, dtype=np.int64)
    flat[np.cumsum(gaps) - 1] = values
    return flat


def _encode_sequence(numbers: np.ndarray) -> bytes:
    """Code table (symbols, code lengths), length of the code in bytes, Huffman code; one symbol takes no code."""
    if not numbers.size:
        return b""
    symbols, indices, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    lengths = huffman_lengths(counts)
    code = join(lengths, indices.reshape(-1))
    return table(symbols, lengths) + varints([len(code)]) + code


def _decode_sequence(data: bytes, position: int, size: int) -> tuple[np.ndarray, int]:
    """Inverse of `_encode_sequence`, and the position after it."""
    if not size:
        return np.zeros(0, dtype=np.int64), position
    symbols, lengths, position = read_table(data, position)
    (length,), position = read_varints(data, position, 1)
    end = position + length
    return symbols[split(lengths, data[position:end], size)], end


def huffman_lengths(counts: np.ndarray) -> np.ndarray:
    """Code lengths in bits, shape of `counts`; 0 for a single symbol."""
    lengths = np.zeros(len(counts), dtype=np.int64)
    order = count()
    heap = [(int(c), next(order), [i]) for i, c in enumerate(counts)]
    heapq.heapify(heap)
    while len(heap) > 1:
        (few, _, left), (more, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        lengths[left + right] += 1
        heapq.heappush(heap, (few + more, next(order), left + right))
    return lengths
