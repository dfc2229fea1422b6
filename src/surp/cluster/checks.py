"""The checks of the cluster itself: scheduler, accounting, account, queue, space, locks. Each gives findings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from surp import locks
from surp.cluster import slurm
from surp.cluster.findings import Finding, failed, note, ok
from surp.cluster.leftovers import leftovers
from surp.cluster.profile import Profile

LONGEST_PAUSE = 180
"""Seconds between two looks at the queue, at most (snakemake-executor-plugin-slurm 2.8)."""
SPACE_GB = 5.0


def scheduler(config: Mapping[str, str]) -> Iterator[Finding]:
    """Whether slurmctld answers, which the configuration alone does not say."""
    state = " ".join(slurm.ask("scontrol", "ping").split())
    name = f"{config.get('ClusterName', '?')}, SLURM {config.get('SLURM_VERSION', '?')}"
    if "UP" not in state:
        yield failed("scheduler", f"{name}: {state}", "ask the cluster's support, or wait until it is back")
    else:
        yield ok("scheduler", f"{name}: {state}")


def has_accounting(config: Mapping[str, str]) -> bool:
    return config.get("AccountingStorageType", "").endswith("slurmdbd")


def accounting(config: Mapping[str, str], profile: Profile) -> Iterator[Finding]:
    """Which status command is right, and whether the queue remembers finished jobs for long enough."""
    present = has_accounting(config)
    if profile.status_command == "sacct":
        if not present:
            text = "there is none, so sacct never tells that a job has ended and Snakemake would wait for ever"
            yield failed("accounting", text, "in the profile, set status_command: squeue")
            return
        slurm.ask("sacct", "-n", "-X", "-S", "now-1minutes")
        yield ok("accounting", "slurmdbd answers; status_command: sacct is right")
        return
    yield ok("accounting", f"{'slurmdbd' if present else 'none'}; status_command: squeue is right")
    age = slurm.leading_number(config.get("MinJobAge", "0"))
    remedy = "set status_command: sacct" if present else "ask the cluster's support for MinJobAge=300"
    if age <= LONGEST_PAUSE:
        text = f"the queue forgets a finished job after {age} s, but looks may be {LONGEST_PAUSE} s apart"
        yield failed("polling", text, f"in the profile, {remedy}")
    elif age < 3 * profile.poll_seconds:
        text = f"Snakemake uses sacct where MinJobAge ({age} s) is below 3 x poll_seconds ({profile.poll_seconds} s)"
        yield failed("polling", text, f"in the profile, set poll_seconds: {age // 3} (or less)")
    else:
        yield ok("polling", f"first look after {profile.poll_seconds} s; finished jobs are remembered for {age} s")


def account(config: Mapping[str, str], profile: Profile, user: str) -> Iterator[Finding]:
    """Whether the account is one that this user may charge."""
    if not has_accounting(config):
        if profile.account:
            text = f"{profile.account!r} cannot be checked: the cluster has no accounting, and Snakemake refuses it"
            yield failed("account", text, 'in the profile, set account: ""')
        return
    mine = slurm.accounts(user)
    listed = ", ".join(mine) or "none"
    enforced = "associations" in config.get("AccountingStorageEnforce", "")
    if profile.account and profile.account.lower() not in mine:
        text = f"{profile.account!r} is not an account of user {user}"
        yield failed("account", text, f'in the profile, set account to one of: {listed}, or ""')
    elif enforced and not mine:
        yield failed("account", f"user {user} has none, and this cluster asks for one", "ask the cluster's support")
    else:
        yield ok("account", f"{profile.account or 'your default one'} (yours: {listed})")


def queue(folder: Path) -> Iterator[Finding]:
    """Whether jobs of this folder are in the queue already: another run would submit them once more."""
    if jobs := leftovers(folder):
        text = f"{len(jobs)} jobs of this folder are in the queue already ({', '.join(jobs[:5])})"
        yield failed("queue", text, "wait for the run they belong to; if it was killed: surp unlock --cancel")
    else:
        yield ok("queue", "no job of this folder is in it")


def space(folder: Path) -> Iterator[Finding]:
    """Whether this folder's file system has room and may be written."""
    free = shutil.disk_usage(folder).free / 1e9
    if not os.access(folder, os.W_OK):
        yield failed("space", f"{folder} cannot be written", "run the workflow in a folder of yours")
    elif free < SPACE_GB:
        text = f"{free:.1f} GB free in {folder}"
        yield failed(
            "space", text, f"free some; a run wants at least {SPACE_GB:.0f} GB (results/ grows with the suite)"
        )
    else:
        yield ok("space", f"{free:.1f} GB free in {folder}")


def locking(folder: Path) -> Iterator[Finding]:
    """Whether this folder's file system has flock; without, another lock is used, which a killed process leaves."""
    if not os.access(folder, os.W_OK):  # told by the check of the space
        return
    if locks.has_flock(folder / f".surp-doctor-{os.getpid()}"):
        yield ok("locks", f"{folder} has flock")
    else:
        text = f"the file system of {folder} has no flock; files that name their writer (.*.owner) take its place"
        what = "nothing; but after a node has failed, delete those that name it, which a waiting stage says"
        yield note("locks", text, what)
