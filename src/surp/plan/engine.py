"""What the workflow asks of Snakemake's own objects, for which Snakemake promises nothing: in this module alone.

Tried with the version that `TRIED` names; pyproject.toml admits no other minor version, and a test compares them.
`workflow` is the object of that name in a Snakefile. Of Snakemake's own files, those below `.snakemake`, the module
`provenance/builds.py` reads and writes metadata, and `stages/unlock.py` removes locks.
"""

from __future__ import annotations

from typing import Any

TRIED = "9.27"


def plans(workflow: Any) -> bool:
    """Whether this process plans the run. A job that runs elsewhere parses the workflow anew and only runs its rule."""
    return bool(workflow.is_main_process)


def uses_conda(workflow: Any) -> bool:
    """Whether rules run in a conda environment of their own (`--use-conda`)."""
    return "CONDA" in {method.name for method in workflow.deployment_settings.deployment_method}


def executor(workflow: Any) -> str:
    """Where jobs run: `local`, `slurm`, ...; known once the run starts."""
    return str(workflow.executor_plugin.name)


def asks_for_gpu(workflow: Any) -> bool:
    """Whether the profile or the command line sets a GPU for a rule."""
    return any("gpu" in resources for resources in workflow.resource_settings.overwrite_resources.values())


def lift_job_rate(workflow: Any) -> None:
    """Start jobs as fast as they come, which `max-jobs-per-timespan` has no value for.

    For the limit Snakemake starts one more timer whenever a job ends, and each looks at all ready jobs a second later:
    of thousands of jobs a core is lost.
    """
    workflow.scheduler.job_rate_limiter = None
