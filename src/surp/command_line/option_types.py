"""Options that several subcommands share, as the types of their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import choices

Model = Annotated[str, typer.Option(help=choices("Network", "models"))]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="KEY=VALUE", help="A column for the record.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A parameter; may be repeated.")]
CoderSettings = Annotated[
    list[str] | None,
    typer.Option("--coder-set", metavar="KEY=VALUE", help="A parameter of the coder; may be repeated."),
]
Record = Annotated[Path | None, typer.Option(help="Columns of the stage before (JSON), to be carried on.")]
Metrics = Annotated[Path | None, typer.Option(help="Where to write the columns known after this stage (JSON).")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random choice.")]
Threads = Annotated[int, typer.Option(min=1, help="CPU threads.")]
Cores = Annotated[int, typer.Option("--threads", min=0, help="Threads; 0: one a core. The result is the same.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, or auto: a GPU if torch sees one.")]
Validation = Annotated[int, typer.Option(min=1, help="Images held out of the training set, chosen by the seed.")]
