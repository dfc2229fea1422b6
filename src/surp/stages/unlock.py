from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import say


def unlock(
    folder: Annotated[Path, typer.Argument(help="Top folder of the project.")] = Path(),
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the SLURM jobs that the killed run left.")] = False,
) -> None:
    """Remove the lock that a killed Snakemake left, unless a Snakemake of this machine still runs here.

    A local stage that survived its Snakemake is no reason to wait: it holds the lock of its own output. Jobs that
    still are in SLURM's queue would be submitted twice: they are waited for by you, or cancelled with --cancel.

    Example: surp unlock --cancel
    """
    from surp.cluster.leftovers import cancel as cancel_jobs
    from surp.cluster.leftovers import possible_leftovers
    from surp.errors import SurpError

    locked = any(folder.glob(".snakemake/locks/*"))
    jobs = possible_leftovers(folder)
    if not locked and not jobs:
        return
    if owners := _owners(folder.resolve()):
        raise SurpError(f"{folder.resolve()}: Snakemake is running here (process {owners[0]}); wait for it or stop it")
    if jobs:
        listed = f"{len(jobs)} SLURM jobs of this folder ({', '.join(jobs[:5])}{', ...' if len(jobs) > 5 else ''})"
        if not cancel:
            raise SurpError(f"{listed} are left by a killed run; wait until they have ended, or: surp unlock --cancel")
        say(f"{listed} are cancelled")
        cancel_jobs(folder)
    if locked:
        say("a killed Snakemake left its lock; removing it")
        command = [str(Path(sys.executable).with_name("snakemake")), "--unlock", "--quiet", "all"]
        subprocess.run(command, cwd=folder, check=True)


def _owners(folder: Path) -> list[int]:
    """Processes of this machine that run Snakemake in `folder`; those that it starts (`--mode remote`) are its jobs."""
    import psutil

    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = [Path(word).name for word in process.info["cmdline"] or []]
        submits = "snakemake" in words[:3] and not {"--unlock", "remote", "subprocess"} & {*words}
        if process.info["cwd"] == str(folder) and submits:
            found.append(int(process.info["pid"]))
    return found
