from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import say
from surp.errors import SurpError
from surp.forkserver import server
from surp.provenance.planned_code import note_loaded

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def forkserver(
    path: Annotated[Path, typer.Argument(metavar="SOCKET", help="Socket to listen at; made anew.")],
) -> None:
    """Keep the libraries loaded and fork a stage for each client, until standard input ends. Linux only.

    `snakemake --config forkserver=true` starts one for the time of the run.

    Example: surp forkserver .snakemake/forkserver
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before any of the libraries is loaded
    if not hasattr(os, "pidfd_open"):
        raise SurpError("forkserver: needs Linux")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the stages and Snakemake, which ends this
    note_loaded(server.preload)
    say(f"listening at {path}")
    server.serve(path, sys.stdin.fileno())
