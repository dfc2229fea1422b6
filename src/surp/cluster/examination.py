"""All checks in order; those that need a node only where those before it found nothing wrong."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

from surp.cluster import checks, limits, slurm
from surp.cluster.findings import Finding, failed, note, once
from surp.cluster.profile import Profile, read_profile
from surp.cluster.requests import RoundWork, requests
from surp.cluster.slurm import SlurmError
from surp.cluster.trial import trial
from surp.errors import SurpError


def examine(profile: Profile, work: RoundWork, top: Path, wait: float | None) -> Iterator[Finding]:
    """Findings for a run of `work` in `top`; wait: seconds for each tiny job, None for no jobs."""
    good = True
    for finding in _without_jobs(profile, work, top):
        good &= finding.state != "failed"
        yield finding
    if wait is None:
        return
    if not good:
        yield note("tiny jobs", "were not run", "change what failed above, then run this again")
        return
    kinds = {request.kind: request for request in requests(profile, work)}
    for request in kinds.values():
        yield from trial(request, top, wait)


def report(profile: str, work: RoundWork, top: Path, wait: float | None) -> None:
    """Examine and print; without tiny jobs, only what is not in order. Raises `SurpError` if a check failed."""
    bad = 0
    for finding in examine(read_profile(profile), work, top, wait):
        if wait is not None or finding.state != "ok":
            print(finding.lines(), flush=True)
        bad += finding.state == "failed"
    if bad:
        raise SurpError(f"{bad} of the checks failed; what to change stands above, in {profile}/config.yaml")


def _without_jobs(profile: Profile, work: RoundWork, top: Path) -> Iterator[Finding]:
    wanted = requests(profile, work)
    yield from checks.space(top)
    yield from checks.locking(top)
    try:
        config = slurm.configuration()
        known = slurm.partitions()
        yield from checks.scheduler(config)
        yield from checks.queue(top)
        yield from checks.accounting(config, profile)
        yield from checks.account(config, profile, getpass.getuser())
        yield from limits.threads(profile, work)
        fitting = [*once(limits.own_options(wanted)), *once(limits.requests(known, wanted))]
        yield from fitting
        if all(finding.state != "failed" for finding in fitting):
            yield from once(limits.options(known, wanted))
    except SlurmError as error:
        yield failed("scheduler", str(error), "without SLURM on this machine: make run (locally)")
