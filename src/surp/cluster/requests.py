"""What a suite asks of the cluster: the largest job of each kind that Snakemake submits, by the profile's values.

Snakemake adds up the time of jobs that take turns in one job of SLURM, and the memory of those that do not.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from math import ceil

from surp.cluster.profile import ATTEMPTS, Profile
from surp.plan.config import Config


@dataclass(frozen=True)
class RoundWork:
    """What the largest round of a suite holds. calibrated: quantizers among them that look at images; threads: of one
    training; prunes: whether a method of the suite prunes what was trained."""

    quantizers: int
    files: int
    calibrated: int = 0
    threads: int = 1
    prunes: bool = True

    @classmethod
    def of(cls, config: Config) -> RoundWork:
        """Of the largest round; of several that are largest in something, as if one were largest in all."""
        suite = config.suite
        targets = {target for schedule in config.schedules.values() for target in schedule.targets}
        rounds = [suite.files(seed, target) for _, _, seed in suite.networks() for target in targets]
        used = [{quantizer for quantizer, _ in pairs} for pairs in rounds]
        images = set(filter(config.quantizes_calibrated, config.quantizers))
        return cls(
            quantizers=max(map(len, used)),
            files=max(map(len, rounds)),
            calibrated=max(len(names & images) for names in used),
            threads=max(config.recipe.threads, config.finetune.threads),
            prunes=bool(config.pruners),
        )


@dataclass(frozen=True)
class Request:
    """One kind of job. what: for the reader; kind: `training` or `coding`, as the profile's keys begin; mem_mb and
    most_mem_mb: of the first and of the last attempt; minutes: of each."""

    what: str
    kind: str
    partition: str
    account: str
    cpus: int
    mem_mb: int
    most_mem_mb: int
    minutes: int
    gpus: int = 0
    gpu_model: str = ""
    qos: str = ""
    constraint: str = ""
    slurm_extra: str = ""

    def options(self) -> list[str]:
        """The options of `sbatch` that Snakemake passes for such a job, without time, memory and processors."""
        named = {"partition": self.partition, "account": self.account, "qos": self.qos, "constraint": self.constraint}
        options = [f"--{option}={value}" for option, value in named.items() if value]
        if self.gpus:
            options.append(f"--gpus={self.gpu_model + ':' if self.gpu_model else ''}{self.gpus}")
        return [*options, *shlex.split(self.slurm_extra)]

    def sizes(self) -> list[str]:
        """The rest of them, in the last attempt."""
        return [f"--time={self.minutes}", f"--mem={self.most_mem_mb}", f"--cpus-per-task={self.cpus}"]


def requests(profile: Profile, work: RoundWork) -> tuple[Request, ...]:
    """The largest job of each kind that a suite with this work submits."""
    coding, training = profile.coding_minutes, profile.training_minutes
    threads = min(work.threads, profile.cpus_per_job)
    rows = min(max(work.quantizers, work.files), profile.cpus_per_job)
    found = [_request("training", profile, "training", training, cpus=threads)]
    if work.prunes:  # one after the other
        found.append(_request("pruning and fine-tuning", profile, "training", coding + training, cpus=threads))
    files = coding * turns(profile, work)
    found.append(_request("files of a round", profile, "coding", files, cpus=rows, at_once=rows))
    found.append(_request("dense evaluation", profile, "coding", coding, cpus=1))
    return tuple(found)


def turns(profile: Profile, work: RoundWork) -> int:
    """How many jobs of one round's files follow each other: quantize, encode, decode, each on all CPUs, and evaluate.

    Quantizers that look at images wait for each other where they share a GPU.
    """
    quantize = max(ceil(work.quantizers / profile.cpus_per_job), work.calibrated if profile.coding_gpus else 0)
    return quantize + 2 * ceil(work.files / profile.cpus_per_job) + 1


def _request(what: str, profile: Profile, kind: str, minutes: int, cpus: int, at_once: int = 1) -> Request:
    """By the profile's values for trainings (in whose jobs models are pruned, too) or for coding.

    at_once: how many jobs in it need their memory at one time.
    """
    trains = kind == "training"
    mem_mb = max(profile.training_mem_mb, profile.coding_mem_mb) if trains else profile.coding_mem_mb
    most_mem_mb = profile.node_mem_mb // (1 if trains else profile.cpus_per_job)
    first, last = (min(mem_mb * n, most_mem_mb or mem_mb * n) for n in (1, ATTEMPTS))
    gpus = profile.gpus if trains else profile.coding_gpus
    return Request(
        what=what,
        kind=kind,
        minutes=minutes,
        cpus=cpus,
        mem_mb=at_once * first,
        most_mem_mb=at_once * last,
        gpus=gpus,
        gpu_model=profile.gpu_model if gpus else "",
        account=profile.account,
        partition=profile.named("partition", trains),
        qos=profile.named("qos", trains),
        constraint=profile.named("constraint", trains),
        slurm_extra=profile.named("slurm_extra", trains),
    )
