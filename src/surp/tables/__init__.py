"""Tables, one a file: each holds `build(data: Data) -> list[Table]` and, as its docstring, what it tells.

One source gives CSV (unrounded), Markdown and HTML (`surp.tables.render`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

Mark = Literal["", "best", "tie"]


@dataclass(frozen=True)
class Cell:
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
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """What tables are built of: the rows of summary.csv, those of `surp layers`, and the main quantizer and coder."""

    summary: pd.DataFrame
    layers: Sequence[Mapping[str, Any]] = ()
    quantizer: str = ""
    coder: str = ""


def words(text: object) -> Cell:
    return Cell(str(text))


def number(value: float, shown: str) -> Cell:
    """A number and the format it is shown in; nothing for NaN."""
    return Cell(format(value, shown), float(value)) if value == value else Cell("")
