"""What a SLURM cluster says of itself: its configuration, partitions and accounts, read from its own commands."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from surp.errors import SurpError

SECONDS = 20
"""How long one command of SLURM may take before the scheduler counts as not reachable."""
_SINFO = "%R|%a|%l|%c|%m|%G|%D"


class SlurmError(SurpError):
    """A command of SLURM that is missing, fails or does not answer."""


@dataclass(frozen=True)
class Partition:
    """minutes: longest job, None for no limit; cpus, mem_mb: of its largest node; gpus: (model, number) per node."""

    name: str
    default: bool
    up: bool
    minutes: int | None
    cpus: int
    mem_mb: int
    gpus: tuple[tuple[str, int], ...]

    def has_gpu(self, model: str = "") -> bool:
        return any(not model or name == model for name, _ in self.gpus)

    @property
    def gpu_names(self) -> str:
        return ", ".join(sorted({name or "gpu" for name, _ in self.gpus})) or "none"


def ask(*command: str, seconds: float = SECONDS) -> str:
    """The standard output of one command; raises `SlurmError` with what it said instead."""
    if not shutil.which(command[0]):
        raise SlurmError(
            f"{command[0]} is not on the PATH; run this on a login node (perhaps after: module load slurm)"
        )
    try:
        done = subprocess.run(command, text=True, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{' '.join(command)}: no answer within {seconds:.0f} s") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise SlurmError(f"{' '.join(command)}: {said or f'exit code {done.returncode}'}")
    return done.stdout


def configuration() -> dict[str, str]:
    """`scontrol show config`, by key."""
    pairs = (line.partition("=") for line in ask("scontrol", "show", "config").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def leading_number(value: str) -> int:
    """`300 sec` -> 300, `64+` -> 64; 0 where there is none."""
    found = re.match(r"\d+", value)
    return int(found[0]) if found else 0


def minutes_of(limit: str) -> int | None:
    """`2-12:00:00`, `12:00:00` or `30:00` in minutes; None for `infinite`."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):\d+", limit)
    if not found:
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + minutes


def partitions() -> dict[str, Partition]:
    """All partitions, by name."""
    starred = {name.rstrip("*") for name in ask("sinfo", "-h", "-o", "%P").split() if name.endswith("*")}
    found: dict[str, Partition] = {}
    for line in ask("sinfo", "-h", "-a", "-o", _SINFO).splitlines():
        name, up, limit, cpus, memory, gres, _ = line.strip().split("|")
        before = found.get(name)
        found[name] = Partition(
            name=name,
            default=name in starred,
            up=up == "up",
            minutes=minutes_of(limit),
            cpus=max(leading_number(cpus), before.cpus if before else 0),
            mem_mb=max(leading_number(memory), before.mem_mb if before else 0),
            gpus=(*(before.gpus if before else ()), *gpus_of(gres)),
        )
    return found


def unavailable(partition: str) -> tuple[str, ...]:
    """Nodes of a partition that take no job now, with their state."""
    shown = ask("sinfo", "-h", "-N", "-p", partition, "-t", "down,drain,fail,maint,no_respond", "-o", "%N (%T)")
    return tuple(sorted(set(shown.splitlines())))


def gpus_of(gres: str) -> tuple[tuple[str, int], ...]:
    """`gpu:a100:2(S:0-1),nvme:1` -> (("a100", 2),)."""
    found = re.findall(r"(?:^|,)gpu(?::([A-Za-z][\w.]*))?(?::(\d+))?", gres)
    return tuple((model, int(number or 1)) for model, number in found)


def accounts(user: str) -> tuple[str, ...]:
    """Accounts that `user` may charge, sorted; only where there is accounting."""
    shown = ask("sacctmgr", "-n", "-P", "list", "associations", f"user={user}", "format=account")
    return tuple(sorted({line.strip() for line in shown.splitlines() if line.strip()}))
