"""Bytes of a pruned model in the plain formats that a factor of compression may be counted against.

Matrices (at least two axes longer than 1; rows: the first axis) lose their zeros; all other tensors stay dense in
float32 in every sparse format. Nothing is charged for names and shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from surp.tensors.state import is_matrix

FLOAT, POINTER = 4, 4
"""Bytes of a survivor's value, and of a pointer to where a row begins."""


@dataclass(frozen=True)
class Count:
    """Shape of a tensor, and how many of its elements are not zero."""

    shape: tuple[int, ...]
    nonzero: int

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def matrix(self) -> bool:
        return is_matrix(self.shape)


def read_counts(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Count]:
    """Inverse of `write_counts`."""
    return {name: Count(tuple(field["shape"]), int(field["nonzero"])) for name, field in fields.items()}


def write_counts(counts: Mapping[str, Count]) -> dict[str, dict[str, Any]]:
    """As plain JSON types."""
    return {name: {"shape": list(count.shape), "nonzero": count.nonzero} for name, count in counts.items()}


def plain_bytes(counts: Mapping[str, Count]) -> dict[str, int]:
    """Bytes in each format: the names are those of the tables."""
    matrices = [count for count in counts.values() if count.matrix]
    survivors = sum(count.nonzero for count in matrices)
    vectors = FLOAT * sum(count.size for count in counts.values() if not count.matrix)
    pointers = POINTER * sum(count.shape[0] + 1 for count in matrices)
    total = sum(count.size for count in counts.values())
    return {
        "dense_float32": FLOAT * total,
        "dense_float16": FLOAT // 2 * total,
        "bitmap_float32": sum(-(-count.size // 8) for count in matrices) + FLOAT * survivors + vectors,
        "csr_32": (FLOAT + 4) * survivors + pointers + vectors,
        "csr_16": FLOAT * survivors + sum(_index(count) * count.nonzero for count in matrices) + pointers + vectors,
    }


def parts_of_bitmap(counts: Mapping[str, Count]) -> dict[str, int]:
    """`bitmap_float32`, by what the bytes say."""
    matrices = [count for count in counts.values() if count.matrix]
    return {
        "index": sum(-(-count.size // 8) for count in matrices),
        "values": FLOAT * sum(count.nonzero for count in matrices),
        "biases": FLOAT * sum(count.size for count in counts.values() if not count.matrix),
    }


def parts_of_csr(counts: Mapping[str, Count]) -> dict[str, int]:
    """`csr_32`, by what the bytes say."""
    matrices = [count for count in counts.values() if count.matrix]
    pointers = POINTER * sum(count.shape[0] + 1 for count in matrices)
    survivors = sum(count.nonzero for count in matrices)
    return {**parts_of_bitmap(counts), "index": 4 * survivors + pointers}


def _index(count: Count) -> int:
    """Bytes of a 16-bit column index, or of 32 bits where a row is longer than 65,536."""
    return 2 if count.size <= count.shape[0] << 16 else 4
