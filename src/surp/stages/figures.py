from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import choices, say


def figures(
    name: Annotated[str, typer.Argument(help=choices("Figure", "figures"))],
    source: Annotated[Path, typer.Argument(help="summary.csv or a checkpoint, whichever the figure draws.")],
    output: Annotated[list[Path], typer.Option("--output", "-o", help="Files to write; .svg, .png or .pdf.")],
    title: Annotated[str, typer.Option(help="What the checkpoint is, for the figure's text.")] = "",
) -> None:
    """Draw one figure.

    Example: surp figures accuracy_vs_bytes summary.csv -o accuracy_vs_bytes.svg -o accuracy_vs_bytes.png
    """
    from surp import registry
    from surp.figures._style import read_summary, save
    from surp.files import locked
    from surp.layout import read_state

    module = registry.load("figures", name)
    with locked(output[0]):
        if module.NEEDS == "weights":
            figure = module.draw(read_state(source)[0], title or str(source))
        else:
            figure = module.draw(read_summary(source))
        save(figure, output)
    say(f"{name} -> {', '.join(map(str, output))}")
