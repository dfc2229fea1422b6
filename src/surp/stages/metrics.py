from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Output
from surp.command_line.options import say


def metrics(
    summary: Annotated[Path, typer.Argument(help="A summary.csv.")],
    output: Output,
    means: Annotated[Path | None, typer.Option(help="File to write the means of every setting to.")] = None,
) -> None:
    """Reduce a table to a few numbers, which `dvc exp show` lists, and to its means over seeds, both as nested JSON.

    Example: surp metrics results/summary.csv -o metrics.json --means means.json
    """
    from surp.files import locked, write_json
    from surp.summary.means import few
    from surp.summary.means import means as every
    from surp.summary.table import read_table

    rows = read_table(summary)
    with locked(output):
        write_json(output, few(rows))
        if means:
            write_json(means, every(rows))
    say(f"means of {summary} -> {output}{f', {means}' if means else ''}")
