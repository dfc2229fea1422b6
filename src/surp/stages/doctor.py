from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    profile: Annotated[
        str, typer.Option(help="Snakemake profile: a folder, as after `snakemake --profile`.")
    ] = "slurm",
    quick: Annotated[bool, typer.Option(help="Submit no job: takes a second.")] = False,
    wait: Annotated[int, typer.Option(min=1, help="Seconds to wait for each of the two tiny jobs.")] = 300,
    files: Annotated[int, typer.Option(min=1, help="Files per model: quantizers x coders of the suite.")] = 2,
) -> None:
    """Check that this SLURM cluster can run the workflow, and say what to change in the profile where it cannot.

    Scheduler, accounting, account, partitions, GPUs, time, memory and free space; then a tiny job of each kind:
    shared folder, this Python, torch and its GPU. Exit code 1 if a check failed.

    Example: surp doctor --profile slurm
    """
    from surp.cluster.examination import examine
    from surp.cluster.profile import read_profile
    from surp.errors import SurpError

    wanted = read_profile(profile)
    bad = 0
    for finding in examine(wanted, files, Path.cwd(), None if quick else wait):
        if not quick or finding.state != "ok":
            print(finding.lines(), flush=True)
        bad += finding.state == "failed"
    if bad:
        raise SurpError(f"{bad} of the checks failed; what to change stands above, in {profile}/config.yaml")
    print(f"{profile}: this cluster can run the workflow", flush=True)
