"""All checks in order; those that need a node only where those before it found nothing wrong."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

from surp.cluster import checks, slurm
from surp.cluster.findings import Finding, failed, note
from surp.cluster.locking import locking
from surp.cluster.profile import Profile
from surp.cluster.slurm import SlurmError
from surp.cluster.trial import trial


def examine(profile: Profile, files: int, top: Path, wait: float | None) -> Iterator[Finding]:
    """Findings for a run in `top` with `files` files a model; wait: seconds for each tiny job, None for no jobs."""
    good = True
    for finding in _without_jobs(profile, files, top):
        good &= finding.state != "failed"
        yield finding
    if wait is None:
        return
    if not good:
        yield note("tiny jobs", "were not run", "change what failed above, then run this again")
        return
    for request in profile.requests(files):
        yield from trial(request, top, wait)


def _without_jobs(profile: Profile, files: int, top: Path) -> Iterator[Finding]:
    yield from checks.space(top)
    yield from locking(top)
    try:
        config = slurm.configuration()
        yield from checks.scheduler(config)
        yield from checks.queue(top)
        yield from checks.accounting(config, profile)
        yield from checks.account(config, profile, getpass.getuser())
        yield from checks.requests(slurm.partitions(), profile.requests(files))
    except SlurmError as error:
        yield failed("scheduler", str(error), "without SLURM on this machine: make run (locally)")
