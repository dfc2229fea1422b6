"""What Snakemake would submit, as JSON: `python plan.py OUTPUT ARGUMENTS...`, arguments as those of a dry run.

Snakemake says of a dry run neither which group a job is in nor what a group asks for; its graph knows both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakemake import cli
from snakemake.dag import DAG
from snakemake.resources import GroupResources

ATTEMPTS = (1, 2, 3)
graphs: list[Any] = []


def recording(graph: Any, update: Any = DAG.update_groups) -> None:
    update(graph)
    graphs[:] = [graph]


def submissions(graph: Any) -> Iterator[dict[str, Any]]:
    """Each job of SLURM that a run would submit: its jobs, and what it asks for in each attempt."""
    for work in graph.get_jobs_or_groups():
        jobs = list(work.jobs) if work.is_group() else [work]
        if jobs[0].rule.name in graph.workflow._localrules or jobs[0].is_norun or not graph.needrun(jobs[0]):
            continue
        asked = []
        for attempt in ATTEMPTS:
            work.attempt = attempt
            asked.append(together(work) if work.is_group() else dict(work.resources.items()))
        rows = [{"rule": job.rule.name, "wildcards": job.wildcards_dict, "shell": job.shellcmd} for job in jobs]
        yield {"group": work.groupid if work.is_group() else "", "jobs": rows, "asked": asked}


def together(group: Any) -> dict[str, Any]:
    """What a group asks for where it is submitted; of itself it says, in a dry run, what it would take here."""
    return GroupResources.basic_layered(
        toposorted_jobs=group.toposorted,
        constraints=group.global_resources,
        run_local=False,
        additive_resources=["runtime"],
        sortby=["runtime"],
    )


if __name__ == "__main__":
    DAG.update_groups = recording
    code = 0
    try:
        cli.main(sys.argv[2:])
    except SystemExit as end:
        code = end.code or 0
    if not code:
        Path(sys.argv[1]).write_text(json.dumps(list(submissions(graphs[-1])), default=str))
    sys.exit(code)
