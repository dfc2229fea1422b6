from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from surp.cluster import leftovers
from surp.command_line.options import say
from surp.errors import SurpError
from surp.files import locked
from surp.provenance import runs
from surp.provenance.runs import Run


def unlock(
    folder: Annotated[Path, typer.Argument(help="Top folder of the project.")] = Path(),
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the SLURM jobs that the killed run left.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also a lock whose process cannot be seen from here: you know it has ended.")
    ] = False,
) -> None:
    """Remove the lock that a killed Snakemake left, if it was one of this machine and has ended.

    Whether a run of another machine has ended cannot be seen from here: its lock stays. A local stage that survived
    its Snakemake is no reason to wait: it holds the lock of its own output. Jobs that still are in SLURM's queue would
    be submitted twice: they are waited for by you, or cancelled with --cancel.

    Example: surp unlock --cancel
    """
    if not (folder / ".snakemake").is_dir():
        return
    with locked(folder / ".snakemake" / "unlock"):
        locks = [*folder.glob(".snakemake/locks/*")]
        found = runs.all_in(folder)
        if locks:
            _refuse(folder.resolve(), locks, found, force)
        if jobs := leftovers.possible_leftovers(folder):
            listed = f"{len(jobs)} SLURM jobs of this folder ({', '.join(jobs[:5])}{', ...' if len(jobs) > 5 else ''})"
            if not cancel:
                raise SurpError(
                    f"{listed} are left by a killed run; wait until they have ended, or: surp unlock --cancel"
                )
            say(f"{listed} are cancelled")
            leftovers.cancel(folder)
        if locks:
            say("a killed Snakemake left its lock; removing it")
        for path in (*locks, *(path for path, run in found.items() if force or run.process.state() == "ended")):
            path.unlink(missing_ok=True)


def _refuse(folder: Path, locks: list[Path], found: Mapping[Path, Run], force: bool) -> None:
    """Raise `SurpError` unless each lock is that of a run that has ended."""
    for run in found.values():
        state = run.process.state()
        if state == "runs":
            raise SurpError(f"{folder}: Snakemake is running here ({run}); wait for it or stop it")
        if state == "elsewhere" and not force:
            raise SurpError(
                f"{folder}: locked by {run}; whether it still runs cannot be seen from here. Wait for it, or stop it "
                f"and run `surp unlock` on {run.process.host}; only if you know that it has ended: surp unlock --force"
            )
    # A run writes its record just after its lock: one that is newer than all records is that of none of them.
    recorded = max((path.stat().st_mtime_ns for path in found), default=0)
    if not force and any(lock.stat().st_mtime_ns > recorded for lock in locks):
        raise SurpError(
            f"{folder}: locked, and nothing tells by whom: a Snakemake that is just starting, or one that was killed "
            "then or run with --no-hooks. Wait a minute; only if you know that none runs here: surp unlock --force"
        )
