"""The rows of a summary as a DataFrame, for statistics and figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from surp.records.row import Row
from surp.summary.table import read_table


def read_frame(path: Path) -> pd.DataFrame:
    """Of a `summary.csv`; raises `SurpError` as `read_table` does."""
    return frame(read_table(path), path)


def frame(rows: Iterable[Row], path: Path | str = "summary.csv") -> pd.DataFrame:
    """Every column of `Row`, and its `level` and `series`; numbers that are not known are NaN.

    The frame remembers the path for messages (`origin`).
    """
    columns = [*Row.model_fields, "level", "series"]
    table = pd.DataFrame(
        [row.model_dump() | {"level": row.level, "series": row.series} for row in rows], columns=columns
    )
    unknown = [name for name in columns if table[name].dtype == object and table[name].isna().all()]
    table = table.astype(dict.fromkeys(unknown, "float64"))
    table.attrs["path"] = str(path)
    return table


def origin(table: pd.DataFrame) -> str:
    """The file that a frame comes from."""
    return str(table.attrs.get("path", "summary.csv"))
