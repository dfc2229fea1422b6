"""The files that rows stand in: lists of rows (JSON), as the stages write them, and the `summary.csv` they end in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from surp.errors import SurpError
from surp.files import read_json, write_bytes, write_json
from surp.records.columns import AXES, COLUMNS

_ORDER = (*(axis for axis in AXES if axis != "seed"), "seed")


def read_rows(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Join the lists of rows (JSON) in `paths`; raises `SurpError` naming the file that holds something else."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        content = read_json(path)
        if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
            raise SurpError(f"{path}: expected a list of rows, as `surp evaluate` writes them")
        rows += content
    return rows


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows sorted by their axes: `.csv` for reading, `.json` for joining again."""
    ordered = sorted(rows, key=lambda row: tuple(_key(row.get(axis)) for axis in _ORDER))
    if path.suffix == ".json":
        write_json(path, ordered)
    else:
        write_csv(path, COLUMNS, ordered)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """These columns of `rows`; those that a row lacks stay empty."""
    write_bytes(path, csv_text(columns, rows).encode())


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _key(value: Any) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value or ""))
