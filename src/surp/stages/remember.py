from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import say
from surp.provenance import builds


def remember(
    suite: Annotated[str, typer.Argument(help="A suite that is built in results/<suite>.")],
    folder: Annotated[Path, typer.Option(help="Top folder of the project.")] = Path(),
) -> None:
    """Put beside a built suite what a clone needs besides: its dense networks, and how Snakemake made each file.

    The stages of workflow/dvc.yaml call it last. With it a clone that pulled the suite has nothing to build, and after
    a change builds what depends on it and no more. Snakemake takes it up by itself.

    Example: surp remember quick
    """
    say(f"{builds.remember(folder, suite)} files -> {folder / 'results' / suite / builds.NAME}")
