"""`surp`: one program, a subcommand per stage. What a workflow rule runs can be typed by hand."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from surp.errors import SurpError
from surp.stages.breakdown import breakdown
from surp.stages.collect import collect
from surp.stages.data import data
from surp.stages.decode import decode
from surp.stages.doctor import doctor
from surp.stages.encode import encode
from surp.stages.evaluate import evaluate
from surp.stages.figures import figures
from surp.stages.finetune import finetune
from surp.stages.forkserver import forkserver
from surp.stages.info import info
from surp.stages.keep import keep
from surp.stages.layers import layers
from surp.stages.metrics import metrics
from surp.stages.pretrain import pretrain
from surp.stages.prune import prune
from surp.stages.quantize import quantize
from surp.stages.remember import remember
from surp.stages.report import report
from surp.stages.table import table
from surp.stages.tables import tables
from surp.stages.train_sparse import train_sparse
from surp.stages.truncate import truncate
from surp.stages.unlock import unlock
from surp.stages.verify import verify
from surp.stages.view import view

STAGES = (
    *(data, pretrain, train_sparse, prune, finetune, quantize, encode, decode, truncate),
    *(evaluate, collect, metrics, layers, breakdown, tables, figures, report, view, remember, keep),
    *(info, table, verify, unlock, doctor, forkserver),
)

app = typer.Typer(
    help="Trained networks as small files: prune, quantize, entropy-code; and measure how small they could be.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for stage in STAGES:
    app.command()(stage)


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
