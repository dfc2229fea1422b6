from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from surp.command_line.options import say


def report(
    summary: Annotated[Path, typer.Argument(help="A summary.csv.")],
    output: Annotated[list[Path], typer.Option("--output", "-o", help="Page to write; may be repeated.")],
    layers: Annotated[Path | None, typer.Option(help="What `surp layers` wrote.")] = None,
    figure: Annotated[list[Path] | None, typer.Option(help="A figure to show (.svg); may be repeated.")] = None,
    parameters: Annotated[str, typer.Option(help="Parameters of the suite (JSON), to be shown.")] = "",
    suite: Annotated[str, typer.Option(help="Name of the suite; else that of the first row.")] = "",
    quantizer: Annotated[str, typer.Option(help="Quantizer of the main table; else the most common.")] = "",
    coder: Annotated[str, typer.Option(help="Its coder, likewise.")] = "",
) -> None:
    """Write one page with everything of a suite: verdicts, figures, tables, parameters, versions, commands.

    The page needs no network and no other file.

    Example: surp report results/summary.csv --figure results/figures/accuracy_vs_bytes.svg -o report.html
    """
    from surp.files import locked, write_bytes
    from surp.report.page import page
    from surp.tables import Measurements

    found = Measurements.read(summary, layers, quantizer, coder)
    content = page(found, figure or [], _parsed(parameters), suite).encode()
    for path in output:
        with locked(path):
            write_bytes(path, content)
        say(f"{len(content)} bytes -> {path}")


def _parsed(parameters: str) -> dict[str, Any] | None:
    from surp.errors import ParameterError

    try:
        return json.loads(parameters) if parameters else None
    except json.JSONDecodeError as error:
        raise ParameterError(f"--parameters: not JSON: {error}") from None
