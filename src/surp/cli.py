"""`surp`: one program, a subcommand per file of `surp.stages`. What a workflow rule runs can be typed by hand."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from surp import registry
from surp.errors import SurpError


class Stages(TyperGroup):
    """Knows every stage by name and loads it when it is asked for: only the help of the program asks for all."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.files = {name.replace("_", "-"): name for name in registry.names("stages")}
        self.commands: dict[str, Any] = {**dict.fromkeys(self.files), **self.commands}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.files and not self.commands[cmd_name]:
            self.commands[cmd_name] = _command(self.files[cmd_name])
        return self.commands.get(cmd_name)


def _command(stage: str) -> Any:
    """The function of a stage's file that has the file's name, as a command."""
    alone = typer.Typer(add_completion=False)
    alone.command()(getattr(registry.load("stages", stage), stage))
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Stages,
    help="Trained networks as small files: prune, quantize, entropy-code; and measure how small they could be.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    code: Annotated[
        str | None, typer.Option(help="Stop unless the code is still this; the workflow's rules say it.")
    ] = None,
) -> None:
    if code:
        from surp.provenance.planned_code import check

        check(code)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    print(installed("surp"))


def main() -> None:
    """Run; a user's mistake or a fault of the machine is one line on stderr and exit code 1."""
    try:
        app()
    except SurpError as error:
        print(f"surp: error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"surp: error: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(1)
