from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import choices, refuse, say


def tables(
    name: Annotated[str, typer.Argument(help=choices("Table", "tables"))],
    output: Annotated[list[Path], typer.Option("--output", "-o", help="Files to write; .csv, .md or .html.")],
    summary: Annotated[Path | None, typer.Option(help="The summary.csv; only `methods` needs none.")] = None,
    layers: Annotated[Path | None, typer.Option(help="What `surp layers` wrote.")] = None,
    quantizer: Annotated[str, typer.Option(help="Quantizer of the main table; else the most common.")] = "",
    coder: Annotated[str, typer.Option(help="Its coder, likewise.")] = "",
) -> None:
    """Build one table and write it as CSV, Markdown or HTML.

    Example: surp tables accuracy --summary results/summary.csv -o accuracy.md -o accuracy.csv
    """
    from surp import registry
    from surp.errors import ParameterError
    from surp.files import locked, write_bytes
    from surp.tables import Measurements
    from surp.tables.kinds.methods import HEADING
    from surp.tables.render import RENDERERS

    module = registry.load("tables", name)
    if summary is None and name != "methods":
        raise ParameterError(f"table {name}: --summary is needed")
    if summary is None:
        refuse("of the --summary, which is missing", layers=layers, quantizer=quantizer, coder=coder)
    if wrong := [path for path in output if path.suffix[1:] not in RENDERERS]:
        raise ParameterError(f"{wrong[0]}: tables are written as {', '.join(RENDERERS)} (got {wrong[0].suffix!r})")
    built = module.build(Measurements.read(summary, layers, quantizer, coder) if summary else None)
    for path in output:
        text = RENDERERS[path.suffix[1:]](built)
        with locked(path):
            write_bytes(path, (f"{HEADING}\n{text}" if name == "methods" and path.suffix == ".md" else text).encode())
    say(f"{name} -> {', '.join(map(str, output))}")
