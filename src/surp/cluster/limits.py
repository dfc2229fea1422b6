"""Whether the cluster can give what every attempt of every kind of job asks for. What it cannot give waits for ever."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from surp.cluster import slurm
from surp.cluster.findings import Finding, failed, note, ok
from surp.cluster.profile import Profile
from surp.cluster.requests import Request, RoundWork
from surp.cluster.slurm import Partition, SlurmError

_NO_NODE = "Requested node configuration is not available"
_TAKEN = re.compile(
    r"--(job-name|output|error|parsable|export|comment|workdir|chdir|account|partition|mem|mem-per-cpu|ntasks|"
    r"ntasks-per-gpu|cpus-per-task|cpus-per-gpu|time|constraint|qos|nodes|clusters|gres|gpus)(=|$)|-[JoeDApnctCN]"
)
"""What snakemake-executor-plugin-slurm sets, and refuses in `slurm_extra`."""


def threads(profile: Profile, work: RoundWork) -> Iterator[Finding]:
    """Whether trainings get the processors that their recipe counts on."""
    if work.threads > profile.cpus_per_job:
        text = f"a recipe of the suite has {work.threads} threads; a job has {profile.cpus_per_job} CPUs at most"
        yield failed("training", text, f"in the profile, set cpus_per_job: {work.threads}")


def requests(known: Mapping[str, Partition], wanted: tuple[Request, ...]) -> Iterator[Finding]:
    """Whether every attempt of every kind of job fits its partition: name, state, GPUs, time, memory, processors."""
    for request in wanted:
        key = "training_partition" if request.kind == "training" else "partition"
        chosen = known.get(request.partition) or next((p for p in known.values() if p.default), None)
        names = ", ".join(sorted(known))
        if request.partition and request.partition not in known:
            yield failed(request.what, f"no partition {request.partition!r}", f"in the profile, set {key}: {names}")
        elif chosen is None:
            yield failed(request.what, "the cluster has no default partition", f"in the profile, set {key}: {names}")
        elif not chosen.up:
            yield failed(request.what, f"partition {chosen.name} is not up", f"wait, or set {key} to another: {names}")
        else:
            yield from _gpus(known, chosen, request, key)
            yield from [*_too_large(chosen, request)] or _fits(chosen, request)


def _gpus(known: Mapping[str, Partition], chosen: Partition, request: Request, partition: str) -> Iterator[Finding]:
    key = "gpus" if request.kind == "training" else "coding_gpus"
    others = ", ".join(p.name for p in known.values() if p.has_gpu(request.gpu_model)) or "none"
    if request.gpus and not chosen.gpus:
        text = f"asks for a GPU, but partition {chosen.name} has none"
        yield failed(request.what, text, f"in the profile, set {key}: 0, or {partition} to one of: {others}")
    elif request.gpus and not chosen.has_gpu(request.gpu_model):
        text = f"asks for a GPU of type {request.gpu_model!r}; partition {chosen.name} has: {chosen.gpu_names}"
        yield failed(request.what, text, 'in the profile, set gpu_model to one of these, or to ""')
    elif request.what == "training" and not request.gpus and chosen.gpus:
        text = f"partition {chosen.name} has GPUs ({chosen.gpu_names}) that no training asks for"
        yield note(request.what, text, "in the profile, set gpus: 1")


def _too_large(chosen: Partition, request: Request) -> Iterator[Finding]:
    where, profile = f"partition {chosen.name}", "in the profile,"
    if chosen.minutes is not None and request.minutes > chosen.minutes:
        text = f"asks for {request.minutes} minutes; {where} gives {chosen.minutes} at most"
        yield failed(request.what, text, f"{profile} lower {request.kind}_minutes, or choose another partition")
    largest = f"the largest node of {where} has"
    if request.mem_mb > chosen.mem_mb:
        text = f"asks for {request.mem_mb} MB; {largest} {chosen.mem_mb}"
        yield failed(request.what, text, f"{profile} lower {request.kind}_mem_mb or cpus_per_job")
    elif request.most_mem_mb > chosen.mem_mb:
        text = f"the last attempt asks for {request.most_mem_mb} MB; {largest} {chosen.mem_mb}"
        yield failed(request.what, text, f"{profile} set node_mem_mb: {chosen.mem_mb} (or less)")
    if request.cpus > chosen.cpus:
        text = f"asks for {request.cpus} CPUs; {largest} {chosen.cpus}"
        yield failed(request.what, text, f"{profile} set cpus_per_job: {chosen.cpus}")


def _fits(chosen: Partition, request: Request) -> Iterator[Finding]:
    gpu = f", {request.gpus} GPU {request.gpu_model}".rstrip() if request.gpus else ""
    memory = f"{request.mem_mb} MB (in the last attempt {request.most_mem_mb})"
    text = f"partition {chosen.name} gives {request.cpus} CPUs, {memory}, {request.minutes} minutes{gpu}"
    yield ok(request.what, text)


def options(known: Mapping[str, Partition], wanted: tuple[Request, ...]) -> Iterator[Finding]:
    """Whether sbatch takes the last attempt with qos, constraint and further options; it only tests them.

    While nodes are down or drained it also refuses what it will take later.
    """
    for request in wanted:
        try:
            slurm.ask("sbatch", "--test-only", *request.options(), *request.sizes(), "--ntasks=1", "--wrap=true")
        except SlurmError as error:
            partition = request.partition or next((p.name for p in known.values() if p.default), "")
            if _NO_NODE in str(error) and (away := slurm.unavailable(partition)):
                yield note(request.what, f"no node takes it now; not there: {', '.join(away)}", "wait, or go on")
            else:
                yield failed(request.what, f"sbatch refuses it: {error}", "change what it names in the profile")


def own_options(wanted: tuple[Request, ...]) -> Iterator[Finding]:
    """Whether `slurm_extra` leaves alone what Snakemake sets by itself."""
    for request in wanted:
        if taken := [word for word in shlex.split(request.slurm_extra) if _TAKEN.match(word)]:
            text = f"slurm_extra has {', '.join(taken)}, which Snakemake sets by itself"
            yield failed(request.what, text, "in the profile, take it out, and set the key that is there for it")
