"""Bytes of a pruned model in the plain formats that a factor of compression may be counted against.

Matrices (at least two axes longer than 1; rows: the first axis) lose their zeros; all other tensors stay dense in
float32 in every sparse format. Nothing is charged for names and shapes.
"""

from __future__ import annotations

from collections.abc import Mapping

from surp.summary.counted import Count

FLOAT, POINTER = 4, 4
"""Bytes of a survivor's value, and of a pointer to where a row begins."""


def plain_bytes(counts: Mapping[str, Count]) -> dict[str, int]:
    """Bytes in each format: the names are those of the tables."""
    total = sum(count.size for count in counts.values())
    return {
        "dense_float32": FLOAT * total,
        "dense_float16": FLOAT // 2 * total,
        "bitmap_float32": sum(parts_of_bitmap(counts).values()),
        "csr_32": sum(parts_of_csr(counts).values()),
        "csr_16": sum(parts_of_csr(counts, narrow=True).values()),
    }


def parts_of_bitmap(counts: Mapping[str, Count]) -> dict[str, int]:
    """`bitmap_float32`, by what the bytes say."""
    matrices = [count for count in counts.values() if count.matrix]
    return {
        "index": sum(-(-count.size // 8) for count in matrices),
        "values": FLOAT * sum(count.nonzero for count in matrices),
        "biases": FLOAT * sum(count.size for count in counts.values() if not count.matrix),
    }


def parts_of_csr(counts: Mapping[str, Count], narrow: bool = False) -> dict[str, int]:
    """`csr_32`, by what the bytes say; narrow: `csr_16`, whose indices have 16 bits in rows of at most 65,536."""
    matrices = [count for count in counts.values() if count.matrix]
    widths = [2 if narrow and count.size <= count.shape[0] << 16 else 4 for count in matrices]
    indices = sum(width * count.nonzero for width, count in zip(widths, matrices, strict=True))
    pointers = POINTER * sum(count.shape[0] + 1 for count in matrices)
    return {**parts_of_bitmap(counts), "index": indices + pointers}
