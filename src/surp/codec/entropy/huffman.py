"""Static Huffman codes of integers: code lengths, canonical codes, and the table a decoder must be told."""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy.jit import kernel
from surp.codec.frame.piece import Cursor
from surp.codec.frame.varint import write_varints
from surp.kernels import announce

Integers = NDArray[np.int64]
_LONGEST = 62
"""Bits of a code. A longer one would need more symbols coded than any file has."""


def write_sequence(numbers: Integers) -> bytes:
    """Code table, length of the code in bytes, the code. Numbers of one value only take no code; none take nothing."""
    if not numbers.size:
        return b""
    symbols, indices, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    lengths = code_lengths(counts)
    code = pack_codes(lengths, indices.reshape(-1))
    first, *steps = symbols.tolist()
    distances = [after - before for before, after in pairwise([first, *steps])]
    table = write_varints([len(symbols), 2 * first if first >= 0 else -2 * first - 1, *distances, *lengths])
    return table + write_varints([len(code)]) + code


def read_sequence(cursor: Cursor, size: int, least: int, greatest: int) -> Integers:
    """Inverse of `write_sequence`: `size` numbers in least ... greatest. Raises `CorruptFileError`."""
    if not size:
        return np.zeros(0, dtype=np.int64)
    symbols, lengths = _read_table(cursor, least, greatest)
    code = cursor.take(cursor.varint())
    indices, used = unpack_codes(lengths, code, size)
    if used < 0 or (used + 7) // 8 != len(code):
        raise cursor.piece.fail(f"a Huffman code of {len(code)} bytes that do not end with its {size} symbols")
    return symbols[indices]


def _read_table(cursor: Cursor, least: int, greatest: int) -> tuple[Integers, Integers]:
    """Symbols in ascending order, and the bits of each one's code, which must fill the code space."""
    count = cursor.varint()
    if not 1 <= count <= cursor.left // 2 + 1:
        raise cursor.piece.fail(f"a table of {count} symbols; {cursor.left} bytes are left")
    first = cursor.varint()
    symbols = [first // 2 if first % 2 == 0 else -(first + 1) // 2]
    for _ in range(count - 1):
        symbols.append(symbols[-1] + cursor.varint())
    lengths = [cursor.varint() for _ in range(count)]
    if not least <= symbols[0] <= symbols[-1] <= greatest:
        raise cursor.piece.fail(f"symbols {symbols[0]} to {symbols[-1]}, outside the range {least} to {greatest}")
    longest = max(lengths)
    if longest > _LONGEST or sum(1 << longest - length for length in lengths) != 1 << longest:
        raise cursor.piece.fail("code lengths that make no Huffman code")
    return np.array(symbols, dtype=np.int64), np.array(lengths, dtype=np.int64)


def code_lengths(counts: NDArray[np.integer]) -> Integers:
    """Bits of each symbol's code, shape of `counts` (Huffman, 1952); 0 for a single symbol."""
    parents = np.zeros(2 * len(counts) - 1, dtype=np.int64)
    heap = [(int(number), node) for node, number in enumerate(counts)]
    heapq.heapify(heap)
    for node in range(len(counts), len(parents)):
        (few, left), (more, right) = heapq.heappop(heap), heapq.heappop(heap)
        parents[left] = parents[right] = node
        heapq.heappush(heap, (few + more, node))
    depths = np.zeros(len(parents), dtype=np.int64)
    for node in range(len(parents) - 2, -1, -1):
        depths[node] = depths[parents[node]] + 1
    return depths[: len(counts)]


def canonical(lengths: Integers) -> Integers:
    """The code of each symbol as an integer: shorter codes first, then by the symbols' order."""
    codes = np.zeros(len(lengths), dtype=np.int64)
    code = last = 0
    for symbol in np.argsort(lengths, kind="stable"):
        code <<= int(lengths[symbol]) - last
        last = int(lengths[symbol])
        codes[symbol] = code
        code += 1
    return codes


def pack_codes(lengths: Integers, indices: Integers) -> bytes:
    """The codes of symbol numbers, most significant bit first; the last byte is filled with zeros."""
    codes, taken = canonical(lengths), lengths[indices]
    ends = np.cumsum(taken)
    bits = np.zeros(int(ends[-1]), dtype=np.uint8)
    for place in range(int(lengths.max())):
        longer = taken > place
        bits[ends[longer] - 1 - place] = codes[indices[longer]] >> place & 1
    return np.packbits(bits).tobytes()


def unpack_codes(lengths: Integers, code: bytes, size: int) -> tuple[Integers, int]:
    """Inverse of `pack_codes`: `size` symbol numbers, and the bits used, -1 if the code ends before."""
    order = np.argsort(lengths, kind="stable")
    ranks = np.zeros(size, dtype=np.int64)
    if len(order) == 1:
        return ranks, 0
    announce(_ranks)
    used: int = _ranks(np.frombuffer(code, dtype=np.uint8), np.bincount(lengths), ranks)  # type: ignore[no-untyped-call]
    return order[ranks], used


@kernel
def _ranks(data, counts, ranks):  # type: ignore[no-untyped-def]
    """Ranks of the symbols by code length; counts[k]: symbols of k bits, filling the code space. Bits used, or -1."""
    position = 0
    for place in range(len(ranks)):
        code = first = rank = 0
        for bits in range(1, len(counts)):
            if position >> 3 >= len(data):
                return -1
            code = (code << 1) | ((data[position >> 3] >> (7 - (position & 7))) & 1)
            position += 1
            first <<= 1
            if code - first < counts[bits]:
                ranks[place] = rank + code - first
                break
            first += counts[bits]
            rank += counts[bits]
    return position


def warm_up() -> None:
    """Compile the kernel now."""
    unpack_codes(np.array([1, 1]), b"\x40", 2)
