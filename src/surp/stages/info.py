from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

_LEFT_OUT = ("elements", "embedded")
_SHORT = {"laplacian_reference": "R(D)", "rate": "bits/weight"}


def info(
    file: Annotated[Path, typer.Argument(help="A `.surp` file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say what is in a `.surp` file: tensors, sparsity, bytes, blocks. Every checksum is verified.

    Example: surp info model.surp
    """
    from surp import codec
    from surp.files import read_bytes

    with codec.reading(str(file)):
        facts = codec.describe(codec.open(read_bytes(file)))
    if as_json:
        print(json.dumps(facts, indent=1))
        return
    _print(str(file), facts)


def _print(file: str, facts: dict[str, object]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120)
    tensors = facts.pop("tensors")
    blocks = facts.pop("blocks")
    console.print(f"[bold]{file}[/bold]")
    for key, value in facts.items():
        console.print(f"  {key.replace('_', ' ')}: {value}", highlight=False)
    for title, rows in (("tensors", tensors), ("blocks", blocks)):
        assert isinstance(rows, list)
        if rows:
            table = Table(title=title, title_justify="left", box=SIMPLE)
            shown = [key for key in rows[0] if key not in _LEFT_OUT and any(row[key] is not None for row in rows)]
            for key in shown:
                value = rows[0][key]
                number = isinstance(value, int | float) or key in _SHORT
                table.add_column(_SHORT.get(key, key), justify="right" if number else "left", no_wrap=True)
            for row in rows:
                table.add_row(*(_text(row[key]) for key in shown))
            console.print(table)


def _text(value: object) -> str:
    """A cell of the table: nothing for what has no meaning, four digits of a fraction, all of a number of bytes."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
