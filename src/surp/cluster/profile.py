"""The commented block of `profiles/slurm/config.yaml`: what a user sets, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from surp.errors import ParameterError
from surp.parameters import Frozen
from surp.plan.config import read_yaml

ATTEMPTS = 3
"""The first and two retries (`retries` in the profile): each asks for that much more memory, and for the same time."""


class Profile(Frozen):
    """The values of the profile; what they mean stands beside them there."""

    account: str = ""
    partition: str = ""
    qos: str = ""
    constraint: str = ""
    slurm_extra: str = ""
    training_partition: str = ""
    training_qos: str = ""
    training_constraint: str = ""
    training_slurm_extra: str = ""
    gpus: int = Field(default=0, ge=0, le=1)
    coding_gpus: int = Field(default=0, ge=0, le=1)
    gpu_model: str = ""
    training_minutes: int = Field(ge=1)
    training_mem_mb: int = Field(ge=1)
    coding_minutes: int = Field(ge=1)
    coding_mem_mb: int = Field(ge=1)
    node_mem_mb: int = Field(default=0, ge=0)
    cpus_per_job: int = Field(ge=1)
    jobs: int = Field(ge=1)
    poll_seconds: int = Field(ge=1)
    status_command: Literal["squeue", "sacct"] = "squeue"

    @model_validator(mode="after")
    def _first_attempts_fit(self) -> Self:
        for key, count in (("training_mem_mb", 1), ("coding_mem_mb", self.cpus_per_job)):
            needed = count * getattr(self, key)
            if 0 < self.node_mem_mb < needed:
                times = f", {count} at a time" if count > 1 else ""
                raise ValueError(f"node_mem_mb {self.node_mem_mb} is less than the {needed} that {key} asks for{times}")
        return self

    def named(self, key: str, training: bool) -> str:
        """`partition`, `qos`, ... of trainings or of everything else."""
        own: str = getattr(self, f"training_{key}") if training else ""
        return own or getattr(self, key)


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


def has_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether the system shows a GPU of this machine; torch, which could tell, takes seconds to load."""
    return any(devices.glob("nvidia[0-9]*"))


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
