"""`summary.csv` and the lists of rows that it is joined from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from surp.errors import SurpError
from surp.files import read_json, write_bytes, write_json
from surp.records.counted import CountedRow
from surp.records.row import AXES, COLUMNS, Row

_ORDER = (*(axis for axis in AXES if axis != "seed"), "seed")
_NEEDED = ("dataset", "model", "seed", "method", "quantizer", "coder", "bytes", "accuracy")


def read_rows(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Join the lists of rows (JSON) in `paths`; raises `SurpError` naming the file that holds something else."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        content = read_json(path)
        if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
            raise SurpError(f"{path}: expected a list of rows, as `surp evaluate` writes them")
        rows += content
    return rows


def read_counted(path: Path) -> list[CountedRow]:
    """What `surp layers` or `surp breakdown` wrote; `SurpError` names row, column and value of what is wrong."""
    return [CountedRow.parse(row, f"{path}: row {number}") for number, row in enumerate(read_rows([path]), 1)]


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


def read_table(path: Path, columns: Sequence[str] = _NEEDED, hint: str = "") -> list[Row]:
    """The rows of a `summary.csv`, checked once.

    Raises `SurpError` naming the file and those of `columns` that it lacks, with a hint what writes them; or row,
    column and value of what is wrong.
    """
    try:
        with path.open(newline="") as stream:
            reader = csv.DictReader(stream)
            found, rows = reader.fieldnames, list(reader)
    except FileNotFoundError:
        raise SurpError(f"{path}: no such file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SurpError(f"{path}: not a table with a header: {error}") from None
    if not found:
        raise SurpError(f"{path}: not a table with a header: it is empty")
    if missing := [name for name in columns if name not in found]:
        raise SurpError(f"{path}: lacks the columns {', '.join(missing)}{hint and f'; {hint}'}")
    return [Row.parse(row, f"{path}: row {number}") for number, row in enumerate(rows, 1)]


def _key(value: Any) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value or ""))
