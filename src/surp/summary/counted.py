"""A file whose survivors were counted: what `surp layers` and `surp breakdown` write."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

from surp.records.row import CodedRow
from surp.summary.collected import read_rows
from surp.tensors.state import is_matrix


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


class CountedRow(CodedRow):
    """tensors: those that stand for floats, by name. parts: bytes by what they say (`surp.evaluate.breakdown`)."""

    tensors: dict[str, Count]  # type: ignore[assignment]  # a record names those that were pruned here
    parts: dict[str, int] = {}


def read_counted(path: Path) -> list[CountedRow]:
    """What `surp layers` or `surp breakdown` wrote; `SurpError` names row, column and value of what is wrong."""
    return [CountedRow.parse(row, f"{path}: row {number}") for number, row in enumerate(read_rows([path]), 1)]
