"""The commented block of `profiles/slurm/config.yaml`: what a user sets, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Literal

from pydantic import Field

from surp.config import read_yaml
from surp.errors import ParameterError
from surp.parameters import Frozen

ATTEMPTS = 3
"""The first and two retries, each asking for that much more again (`retries` in the profile)."""

PRUNE_MINUTES = 30
"""What rule `prune` asks for; it is in one job with the training that follows."""


class Profile(Frozen):
    """The values of the profile; what they mean stands beside them there."""

    account: str = ""
    partition: str = ""
    training_partition: str = ""
    gpus: int = Field(default=0, ge=0, le=1)
    gpu_model: str = ""
    training_minutes: int = Field(ge=1)
    training_mem_mb: int = Field(ge=1)
    coding_minutes: int = Field(ge=1)
    coding_mem_mb: int = Field(ge=1)
    models_per_job: int = Field(ge=1)
    cpus_per_job: int = Field(ge=1)
    trainings_per_job: int = Field(ge=1)
    jobs: int = Field(ge=1)
    poll_seconds: int = Field(ge=1)
    status_command: Literal["squeue", "sacct"] = "squeue"

    def requests(self, files: int) -> tuple[Request, ...]:
        """What is asked of the cluster: by trainings, and by the coding of models with `files` files each.

        Snakemake adds up the time of a group: three stages of every file and one of every model, in turns.
        """
        turns = 3 * ceil(self.models_per_job * files / self.cpus_per_job) + ceil(
            self.models_per_job / self.cpus_per_job
        )
        training = Request(
            what="training",
            partition=self.training_partition or self.partition,
            account=self.account,
            gpus=self.gpus,
            gpu_model=self.gpu_model if self.gpus else "",
            cpus=1,
            mem_mb=self.training_mem_mb,
            minutes=(self.training_minutes + PRUNE_MINUTES) * self.trainings_per_job,
        )
        coding = Request(
            what="coding",
            partition=self.partition,
            account=self.account,
            cpus=self.cpus_per_job,
            mem_mb=self.coding_mem_mb * self.cpus_per_job,
            minutes=self.coding_minutes * turns,
        )
        return training, coding


class Request(Frozen):
    """One kind of job, first attempt. what: `training` or `coding`, as in the names of the profile's values."""

    what: str
    partition: str
    account: str
    gpus: int = 0
    gpu_model: str = ""
    cpus: int
    mem_mb: int
    minutes: int

    def options(self) -> list[str]:
        """The options of `sbatch` that Snakemake passes for such a job, without time and memory."""
        named = {"--partition": self.partition, "--account": self.account}
        options = [f"{option}={value}" for option, value in named.items() if value]
        if self.gpus:
            options.append(f"--gpus={self.gpu_model + ':' if self.gpu_model else ''}{self.gpus}")
        return options


def named_profile(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The profile that a command line of Snakemake names, or its environment; "" if it has no block of this kind."""
    found = environment.get("SNAKEMAKE_PROFILE", "")
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == "--profile":
            found = following
        elif word.startswith("--profile="):
            found = word.removeprefix("--profile=")
    path = Path(found) / "config.yaml"
    return found if path.is_file() and "__variables__" in read_yaml(path) else ""


def read_profile(name: str) -> Profile:
    """Read the profile that `snakemake --profile NAME` takes here: a folder, or its config.yaml.

    Raises `ParameterError` that names the key, the value and what is allowed.
    """
    path = Path(name)
    path = path / "config.yaml" if path.is_dir() else path
    if not path.is_file():
        raise ParameterError(f"--profile {name!r}: no folder with a config.yaml; run this in the project's top folder")
    block = read_yaml(path).get("__variables__")
    if not isinstance(block, dict):
        raise ParameterError(f"{path}: has no __variables__ block; compare it with profiles/slurm/config.yaml")
    return Profile.parse(block, str(path))
