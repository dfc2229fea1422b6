"""Tables, one a file in `kinds`: each holds `build(found: Measurements) -> list[Table]` and, as its docstring, what it
tells. One source gives CSV (unrounded), Markdown and HTML (`surp.tables.render`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

import pandas as pd

from surp.summary.counted import CountedRow, read_counted
from surp.summary.frame import read_frame

Mark = Literal["", "best", "tie"]


@dataclass(frozen=True)
class Entry:
    """text: as shown. value: the number behind it, for sorting and for CSV. half: its 95 % interval's half width."""

    text: str
    value: float | None = None
    half: float | None = None
    mark: Mark = ""


@dataclass(frozen=True)
class Table:
    """where: columns that say what the whole table is of; they stand in the title, and in CSV before the others."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    notes: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Of each column, whether anything in it is a number."""
        return tuple(any(row[i].value is not None for row in self.rows) for i in range(len(self.columns)))


@dataclass(frozen=True)
class Measurements:
    """What tables are built of: the rows of summary.csv, those of `surp layers`, and the main quantizer and coder."""

    summary: pd.DataFrame
    layers: Sequence[CountedRow] = ()
    quantizer: str = ""
    coder: str = ""

    @classmethod
    def read(cls, summary: Path, layers: Path | None, quantizer: str = "", coder: str = "") -> Self:
        """Raises `SurpError` naming a file that is missing or no table, and what in it is wrong."""
        return cls(read_frame(summary), read_counted(layers) if layers else (), quantizer, coder)


def words(text: object) -> Entry:
    return Entry(str(text))


def number(value: float, shown: str) -> Entry:
    """A number and the format it is shown in; nothing for NaN."""
    return Entry(format(value, shown), float(value)) if value == value else Entry("")


def count(value: int) -> Entry:
    return Entry(str(value), value)


def percents(mean: float, half: float, sign: str = "") -> str:
    """`98.50 ± 0.12`, of fractions; sign `+`: also of what is positive. A half that is NaN is left out."""
    spread = f" ± {100 * half:.2f}" if half == half else ""
    return f"{100 * mean:{sign}.2f}{spread}"
