from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import say


def unlock(
    folder: Annotated[Path, typer.Argument(help="Top folder of the project.")] = Path(),
) -> None:
    """Remove the lock that a killed Snakemake left, unless a Snakemake of this machine still runs here.

    A stage that survived its Snakemake is no reason to wait: it holds the lock of its own output.

    Example: surp unlock
    """
    from surp.errors import SurpError

    if not any(folder.glob(".snakemake/locks/*")):
        return
    if owners := _owners(folder.resolve()):
        raise SurpError(f"{folder.resolve()}: Snakemake is running here (process {owners[0]}); wait for it or stop it")
    say("a killed Snakemake left its lock; removing it")
    command = [str(Path(sys.executable).with_name("snakemake")), "--unlock", "--quiet", "all"]
    subprocess.run(command, cwd=folder, check=True)


def _owners(folder: Path) -> list[int]:
    """Processes of this machine that run Snakemake in `folder`."""
    import psutil

    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = [Path(word).name for word in process.info["cmdline"] or []]
        if process.info["cwd"] == str(folder) and "snakemake" in words[:3] and "--unlock" not in words:
            found.append(int(process.info["pid"]))
    return found
