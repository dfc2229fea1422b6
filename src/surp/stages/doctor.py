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
    parameters: Annotated[Path, typer.Option(help="Parameters; what their suite asks for is summed up.")] = Path(
        "params.yaml"
    ),
    suite: Annotated[str | None, typer.Option(help="Another suite than the one that the parameters name.")] = None,
    files: Annotated[int | None, typer.Option(min=1, help="Files of one model, instead of those of the suite.")] = None,
) -> None:
    """Check that this SLURM cluster can run the workflow, and say what to change in the profile where it cannot.

    Scheduler, accounting, account, partitions, GPUs, time, memory and free space; then a tiny job of each kind:
    shared folder, this Python, torch and its GPU. Exit code 1 if a check failed.

    Example: surp doctor --profile slurm
    """
    from surp.cluster.examination import report
    from surp.cluster.requests import RoundWork
    from surp.plan.config import read_config, read_yaml

    if files:
        work = RoundWork(quantizers=files, files=files)
    else:
        work = RoundWork.of(read_config({**read_yaml(parameters), **({"suite": suite} if suite else {})}))
    report(profile, work, Path.cwd(), None if quick else wait)
    print(f"{profile}: this cluster can run the workflow", flush=True)
