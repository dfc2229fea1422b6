from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import say


def collect(
    metrics: Annotated[list[Path], typer.Argument(help="Rows, as written by `surp evaluate` or `surp collect`.")],
    output: Annotated[list[Path], typer.Option("--output", "-o", help="File to write; may be repeated.")],
) -> None:
    """Join rows into one table: `.csv` for reading, `.json` for joining again.

    Example: surp collect round1.json round2.json -o summary.csv
    """
    from surp.files import locked
    from surp.summary.collected import read_rows, write_table

    rows = read_rows(metrics)
    for path in output:
        with locked(path):
            write_table(path, rows)
        say(f"{len(rows)} rows -> {path}")
