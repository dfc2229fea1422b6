from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import say


def metrics(
    summary: Annotated[Path, typer.Argument(help="A summary.csv.")],
    output: Annotated[list[Path], typer.Option("--output", "-o", help="File to write; may be repeated.")],
) -> None:
    """Reduce a table to its means over seeds, as nested JSON: what `dvc metrics diff` compares.

    Example: surp metrics results/summary.csv -o metrics.json
    """
    from surp.evaluate.means import means
    from surp.evaluate.overview import read_table
    from surp.files import locked, write_json

    result = means(read_table(summary))
    for path in output:
        with locked(path):
            write_json(path, result)
        say(f"means of {summary} -> {path}")
