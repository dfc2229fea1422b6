from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def table(
    summary: Annotated[Path, typer.Argument(help="A summary.csv.")] = Path("results/summary.csv"),
) -> None:
    """Print a summary at a glance: one row per setting, mean and standard deviation over seeds.

    Example: surp table results/summary.csv
    """
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from surp.summary.means import overview
    from surp.summary.table import read_table

    rows = overview(read_table(summary))
    console = Console(width=None if sys.stdout.isatty() else 120)
    shown = Table(title=str(summary), title_justify="left", box=SIMPLE)
    for key in rows[0] if rows else ():
        number = rows[0][key][:1].isdigit()
        shown.add_column(key, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*row.values())
    console.print(shown)
