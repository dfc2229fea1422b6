from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import choices, say


def figures(
    name: Annotated[str, typer.Argument(help=choices("Figure", "figures"))],
    source: Annotated[Path, typer.Argument(help="What the figure draws: summary.csv, a checkpoint, or rows (JSON).")],
    output: Annotated[list[Path], typer.Option("--output", "-o", help="Files to write; .svg, .png or .pdf.")],
    model: Annotated[str, typer.Option(help="The checkpoint's network, for the figure's text.")] = "",
    dataset: Annotated[str, typer.Option(help="The checkpoint's data set, likewise.")] = "",
    seed: Annotated[int, typer.Option(help="The checkpoint's seed, likewise.")] = 0,
) -> None:
    """Draw one figure.

    Example: surp figures accuracy_vs_bytes summary.csv -o accuracy_vs_bytes.svg -o accuracy_vs_bytes.png
    """
    from surp import registry
    from surp.figures.style import save
    from surp.files import locked
    from surp.names import title
    from surp.summary.counted import read_counted
    from surp.summary.frame import read_frame
    from surp.tensors.safetensors_file import read_state

    module = registry.load("figures", name)
    what = f"{title(model)} on {title(dataset)}, seed {seed}" if model else source.name
    with locked(output[0]):
        if module.NEEDS == "weights":
            figure = module.draw(read_state(source)[0], what)
        elif module.NEEDS in ("layers", "breakdown"):
            figure = module.draw(read_counted(source))
        else:
            figure = module.draw(read_frame(source))
        save(figure, output)
    say(f"{name} -> {', '.join(map(str, output))}")
