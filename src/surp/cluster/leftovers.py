"""Jobs in SLURM's queue that a Snakemake of this folder submitted: after it was killed they go on without it."""

from __future__ import annotations

import getpass
import shutil
import time
from pathlib import Path

from surp.cluster import slurm
from surp.cluster.slurm import SlurmError

PREFIX = "surp_"
"""How the names of our jobs begin (`slurm-jobname-prefix` in the profile)."""
LOGS = ".snakemake/slurm_logs"


def leftovers(folder: Path) -> tuple[str, ...]:
    """Numbers of the jobs of this folder that wait or run; raises `SlurmError` if SLURM does not answer."""
    shown = slurm.ask("squeue", "-h", "-u", getpass.getuser(), "-o", "%i|%j|%Z")
    rows = (line.split("|", 2) for line in shown.splitlines())
    return tuple(number for number, name, place in rows if name.startswith(PREFIX) and _same(place, folder))


def possible_leftovers(folder: Path) -> tuple[str, ...]:
    """The same, and none where no run of this folder has ever gone to SLURM."""
    if not (folder / LOGS).is_dir() or not shutil.which("squeue"):
        return ()
    return leftovers(folder)


def cancel(folder: Path, seconds: float = 120) -> None:
    """Cancel the jobs of this folder and wait until they are gone; a training writes its checkpoint first."""
    slurm.ask("scancel", *leftovers(folder))
    deadline = time.monotonic() + seconds
    while left := leftovers(folder):
        if time.monotonic() > deadline:
            raise SlurmError(f"jobs {', '.join(left)} are still there {seconds:.0f} s after scancel")
        time.sleep(1)


def _same(place: str, folder: Path) -> bool:
    return Path(place).resolve() == folder.resolve()
