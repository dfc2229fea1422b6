"""The checks that need a node: a tiny job for each kind of request, as Snakemake would submit it."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from surp.cluster import slurm
from surp.cluster.findings import Finding, failed, note, ok
from surp.cluster.probe import ANSWER, QUESTION, Seen
from surp.cluster.requests import Request
from surp.cluster.slurm import SlurmError
from surp.files import read_json

PAUSE = 1.0
ARRIVAL = 60
"""Seconds that a file written on a node may take to be seen here (`latency-wait` in the profile)."""


def trial(request: Request, top: Path, seconds: float) -> Iterator[Finding]:
    """Run one tiny job with the partition, account and GPU of `request`; wait for it at most `seconds`."""
    what = f"{request.kind} job"
    with tempfile.TemporaryDirectory(prefix=".surp-doctor-", dir=top) as work:
        folder, token = Path(work), uuid.uuid4().hex
        (folder / QUESTION).write_text(token)
        try:
            number = _submit(request, folder)
        except SlurmError as error:
            yield failed(what, f"was refused: {error}", "change what it names in the profile")
            return
        state = _wait(number, seconds)
        if state in ("PENDING", "RUNNING", "CONFIGURING", "COMPLETING"):
            reason = _field(number, "%r")
            slurm.ask("scancel", number)
            text = f"still {state.lower()} after {seconds:.0f} s ({reason}); it was cancelled"
            yield note(what, text, "wait longer (surp doctor --wait SECONDS), or choose a partition that is less busy")
        else:
            yield from _report(what, request, folder, token, state)


def _submit(request: Request, folder: Path) -> str:
    command = shlex.join([sys.executable, "-m", "surp.cluster.probe", str(folder)])
    options = ["--parsable", "--job-name=surp-doctor", "--time=10", "--mem=2000", "--cpus-per-task=1", "--export=ALL"]
    options += [f"--output={folder}/log", f"--chdir={folder.parent}", *request.options()]
    return slurm.ask("sbatch", *options, f"--wrap={command}").strip().split(";")[0]


def _wait(number: str, seconds: float) -> str:
    """The state in which the job ended, or the one it is in after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        state = _field(number, "%T") or "COMPLETED"
        if state not in ("PENDING", "RUNNING", "CONFIGURING", "COMPLETING") or time.monotonic() > deadline:
            return state
        time.sleep(PAUSE)


def _field(number: str, code: str) -> str:
    """One column of `squeue` for a job; empty once the queue has forgotten it."""
    try:
        return slurm.ask("squeue", "-h", "--states=all", "-j", number, "-o", code).strip()
    except SlurmError as error:
        if "Invalid job id" in str(error):
            return ""
        raise


def _report(what: str, request: Request, folder: Path, token: str, state: str) -> Iterator[Finding]:
    answer, log = folder / ANSWER, folder / "log"
    deadline = time.monotonic() + ARRIVAL
    while state == "COMPLETED" and not answer.exists() and time.monotonic() < deadline:
        time.sleep(PAUSE)
    if not answer.exists() and log.exists():
        said = " ".join(log.read_text().split())[-300:]
        text = f"ended as {state} and wrote no answer; it said: {said or '(nothing)'}"
        yield failed(what, text, f"make {sys.executable} and this folder usable on the nodes")
        return
    if not answer.exists():
        text = f"ended as {state}, but nothing that it wrote into {folder.parent} arrived here within {ARRIVAL} s"
        yield failed(what, text, "run the workflow in a folder that login node and nodes share")
        return
    seen = Seen.parse(read_json(answer), str(answer))
    if seen.token != token:
        yield failed(what, f"{seen.host} sees another folder at {folder.parent}", "use a shared file system")
        return
    yield ok(what, f"ran on {seen.host}; the folder is shared and writable there, {seen.free_gb:.1f} GB free")
    yield from _gpu(what, request, seen)


def _gpu(what: str, request: Request, seen: Seen) -> Iterator[Finding]:
    if not request.gpus:
        yield ok(what, f"torch {seen.torch} loads; no GPU was asked for")
    elif seen.torch_gpus:
        yield ok(what, f"torch {seen.torch} sees {', '.join(seen.torch_gpus)}")
    else:
        given = f"CUDA_VISIBLE_DEVICES={seen.cuda_visible_devices}"
        key = "gpus" if request.kind == "training" else "coding_gpus"
        remedy = f"install a torch for the node's driver (nvidia-smi there names it), or set {key}: 0"
        yield failed(what, f"torch {seen.torch} sees no GPU ({given})", remedy)
