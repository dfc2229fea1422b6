"""Arguments that several subcommands share, and what becomes of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from surp import registry
from surp.errors import ParameterError


def choices(what: str, folder: str) -> str:
    """Help text that lists a folder's names, so that it cannot drift from them."""
    return f"{what}: {', '.join(registry.names(folder))}."


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


def parse_settings(settings: list[str] | None, option: str = "--set") -> dict[str, Any]:
    """`["alpha=10", "mode=reference"]` -> `{"alpha": 10, "mode": "reference"}`; values are YAML."""
    import yaml

    result: dict[str, Any] = {}
    for item in settings or []:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise ParameterError(f"{option} {item!r}: expected KEY=VALUE")
        try:
            result[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ParameterError(f"{option} {item!r}: the value is not valid YAML") from None
    return result


def refuse(why: str, **options: object) -> None:
    """Raise `ParameterError` naming those of the options that were given, 0 among them: nothing would read them."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if _is_given(value)]
    if given:
        raise ParameterError(f"{', '.join(given)}: {why}")


def refuse_without(metrics: Path | None, **options: object) -> None:
    """Raise `ParameterError` for columns of a record that is not written."""
    if metrics is None:
        refuse("a column of the record, which only --metrics writes", **options)


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value not in ("", [])


def say(line: str) -> None:
    """One line of progress, for a terminal or a log."""
    print(line, file=sys.stderr, flush=True)
