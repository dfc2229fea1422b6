"""The rows of a `summary.csv`, each read and checked once."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from surp.errors import SurpError
from surp.records.row import Row

_NEEDED = ("dataset", "model", "seed", "method", "quantizer", "coder", "bytes", "accuracy")


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
