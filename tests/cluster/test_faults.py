"""What clusters do to jobs, done to the real workflow: each run ends with the weights of an undisturbed local one.

Trainings go on from their checkpoints, what was finished before is not touched, and nothing is submitted twice.
"""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml
from tiny_project import ON_CPUS, jobs

pytestmark = [pytest.mark.cluster, pytest.mark.faults, pytest.mark.timeout(1800)]

DENSE = "results/dense/pictures/lenet300_100/tiny/seed0"
ROUND = "results/tiny/pictures/lenet300_100/seed0/surp/tiny/round1"
EPOCHS = 150


@pytest.fixture(scope="module")
def long_project(cluster, fresh_project):
    """A function that makes a project whose trainings take long enough to be disturbed."""

    def make(epochs: int = EPOCHS, **settings):
        project = fresh_project(**{**ON_CPUS, **settings})
        parameters = project.folder / "params.yaml"
        whole = yaml.safe_load(parameters.read_text())
        whole["recipes"]["tiny"]["epochs"] = epochs
        whole["finetune"]["tiny"]["epochs"] = 100
        parameters.write_text(yaml.safe_dump(whole))
        return project

    return make


@pytest.fixture(scope="module")
def undisturbed(long_project):
    """The weights of a local run, by path."""
    project = long_project()
    run = project.run("snakemake", f"{ROUND}/weights.safetensors")
    assert run.returncode == 0, run.stdout
    return {path: (project.folder / path / "weights.safetensors").read_bytes() for path in (DENSE, ROUND)}


class Run:
    """Snakemake on the cluster, building one training; `log` is what it says."""

    def __init__(self, project, place=DENSE, *more: str):
        self.project, self.place = project, place
        self.log = project.folder / "snakemake.log"
        self.target = f"{place}/weights.safetensors"
        self.process = project.start("snakemake", "--profile", "slurm", *more, "--", self.target, output=self.log)

    @property
    def training_log(self) -> str:
        name = "pretrain.log" if self.place == DENSE else "finetune.log"
        return (self.project.folder / self.place / name).read_text()

    def wait_for_checkpoint(self) -> dict[str, str]:
        """Wait until the training has made some epochs; returns its job."""
        checkpoint = self.project.folder / self.place / ".weights.checkpoint"
        until(checkpoint.exists, self.process)
        return jobs(self.project.folder)[-1]

    def finish(self) -> bytes:
        """Wait for Snakemake's success; returns the weights."""
        assert self.process.wait() == 0, self.log.read_text()
        return (self.project.folder / self.target).read_bytes()


def until(condition, process=None, seconds=600):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came to that"
        assert process is None or process.poll() is None, "Snakemake ended by itself"
        time.sleep(0.1)
    return found


def payload(name: str) -> psutil.Process | None:
    """The process that runs `surp NAME` in a job."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        if name in words[1:4] and "python" in Path(words[0]).name:
            return process
    return None


def slurm(*command: str) -> str:
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


def stamps(project, *places: str) -> dict[str, tuple[int, int]]:
    """Inode and time of every finished output."""
    files = [path for place in places for path in (project.folder / place).glob("*.safetensors")]
    assert files
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def test_scancel(long_project, undisturbed):
    project = long_project()
    run = Run(project, ROUND)
    job = run.wait_for_checkpoint()
    finished = stamps(project, "results/data/pictures", DENSE)
    slurm("scancel", job["JobId"])
    assert run.finish() == undisturbed[ROUND]
    assert "resuming after epoch" in run.training_log
    assert f"JOB {job['JobId']} ON cpu CANCELLED" in run.log.read_text()
    assert stamps(project, "results/data/pictures", DENSE) == finished


def test_kill_9_of_the_payload(long_project, undisturbed):
    run = Run(long_project())
    run.wait_for_checkpoint()
    payload("pretrain").kill()
    assert run.finish() == undisturbed[DENSE]
    assert "resuming after epoch" in run.training_log
    assert "SLURM status is: 'FAILED'" in run.log.read_text()


def test_time_limit(long_project):
    """A training of more than a minute is given one: it is made in as many attempts as it takes, of a minute each."""
    trial = long_project()
    assert trial.run("snakemake", f"{DENSE}/weights.safetensors").returncode == 0
    seconds = json.loads((trial.folder / DENSE / "weights.json").read_text())["seconds_train"]
    epochs = math.ceil(EPOCHS * 75 / seconds)
    local = long_project(epochs=epochs)
    alone = local.run("snakemake", f"{DENSE}/weights.safetensors")
    assert alone.returncode == 0, alone.stdout
    project = long_project(epochs=epochs, training_minutes="1", node_mem_mb="8000")
    run = Run(project, DENSE, "--retries", "20")
    assert run.finish() == (local.folder / DENSE / "weights.safetensors").read_bytes()
    assert "resuming after epoch" in run.training_log
    assert "SLURM status is: 'TIMEOUT'" in run.log.read_text()
    limits = [job["TimeLimit"] for job in jobs(project.folder)]
    assert len(limits) > 1
    assert set(limits) == {"00:01:00"}


def test_out_of_memory(long_project, undisturbed):
    project = long_project(training_mem_mb="500")
    run = Run(project)
    assert run.finish() == undisturbed[DENSE]
    assert re.search("SLURM status is: '(OUT_OF_MEMORY|FAILED)'", run.log.read_text())  # squeue has no word for it
    asked = [job["MinMemoryNode"] for job in jobs(project.folder)]
    assert asked[:2] == ["500M", "1000M"]


def test_out_of_memory_with_no_more_to_be_had(long_project):
    """Attempts ask for no more than a node has: they fail, but none of them waits for ever."""
    project = long_project(training_mem_mb="300", coding_mem_mb="50", node_mem_mb="300")
    run = project.cluster("--retries", "1", "--", f"{DENSE}/weights.safetensors")
    assert run.returncode == 1
    assert [job["MinMemoryNode"] for job in jobs(project.folder)] == ["300M", "300M"]


def test_requeue(long_project, undisturbed):
    project = long_project()
    run = Run(project)
    job = run.wait_for_checkpoint()
    slurm("scontrol", "requeue", job["JobId"])
    assert run.finish() == undisturbed[DENSE]
    assert "resuming after epoch" in run.training_log
    [only] = jobs(project.folder)
    assert only["Restarts"] == "1"


def test_preemption(long_project, undisturbed):
    project = long_project()
    run = Run(project)
    job = run.wait_for_checkpoint()
    slurm("sbatch", "-p", "urgent", "-w", "cpu", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 5")
    until(lambda: jobs(project.folder)[-1]["JobState"] == "PENDING", run.process)
    assert run.finish() == undisturbed[DENSE]
    assert "resuming after epoch" in run.training_log
    [only] = jobs(project.folder)
    assert (only["JobId"], only["Restarts"]) == (job["JobId"], "1")


def test_a_drained_node_finishes_its_job_and_the_next_waits(long_project, undisturbed):
    project = long_project()
    run = Run(project, ROUND)
    run.wait_for_checkpoint()  # of the finetuning
    slurm("scontrol", "update", "nodename=cpu", "state=drain", "reason=test")
    try:
        weights = run.finish()
        waiting = Run(project, ROUND.replace("round1", "round2"))
        until(lambda: jobs(project.folder)[-1]["JobState"] == "PENDING", waiting.process)
        time.sleep(3)
        assert jobs(project.folder)[-1]["JobState"] == "PENDING"
    finally:
        slurm("scontrol", "update", "nodename=cpu", "state=resume")
    assert weights == undisturbed[ROUND]
    waiting.finish()


def test_a_node_that_goes_down_gives_its_job_back_to_the_queue(long_project, undisturbed):
    project = long_project()
    run = Run(project)
    job = run.wait_for_checkpoint()
    slurm("scontrol", "update", "nodename=cpu", "state=down", "reason=test")
    until(lambda: jobs(project.folder)[-1]["JobState"] == "PENDING", run.process)  # the node comes back by itself
    assert run.finish() == undisturbed[DENSE]
    assert "resuming after epoch" in run.training_log
    [only] = jobs(project.folder)
    assert (only["JobId"], only["Restarts"]) == (job["JobId"], "1")


def kill_snakemake(run) -> dict[str, str]:
    """SIGKILL Snakemake itself while its job runs: the job goes on, and the lock is not removed."""
    job = run.wait_for_checkpoint()
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    refused = run.project.run("surp", "unlock")
    assert refused.returncode == 1
    assert f"1 SLURM jobs of this folder ({job['JobId']}) are left by a killed run" in refused.stdout
    return job


def test_snakemake_killed_then_its_jobs_cancelled_and_run_again(long_project, undisturbed):
    project = long_project()
    first = Run(project)
    kill_snakemake(first)
    unlocked = project.run("surp", "unlock", "--cancel")
    assert unlocked.returncode == 0, unlocked.stdout
    assert "1 SLURM jobs of this folder" in unlocked.stdout
    second = Run(project)
    assert second.finish() == undisturbed[DENSE]
    assert "resuming after epoch" in second.training_log
    assert len(jobs(project.folder)) == 2


def test_snakemake_killed_then_its_jobs_awaited_and_run_again(long_project, undisturbed):
    project = long_project()
    first = Run(project)
    job = kill_snakemake(first)
    assert project.run("snakemake", "--unlock", "all").returncode == 0  # by a user who does not read that
    early = project.run("snakemake", "--profile", "slurm", first.target)
    assert early.returncode == 1
    assert "jobs of this folder are in the queue already" in early.stdout
    until(lambda: jobs(project.folder)[-1]["JobState"] == "COMPLETED")
    assert project.run("surp", "unlock").returncode == 0
    finished = stamps(project, DENSE)
    again = project.run("snakemake", "--profile", "slurm", first.target)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout
    assert stamps(project, DENSE) == finished
    assert (project.folder / first.target).read_bytes() == undisturbed[DENSE]
    assert [one["JobId"] for one in jobs(project.folder)] == [job["JobId"]]


def test_a_full_disk_is_named_and_what_was_finished_stays(long_project, undisturbed):
    project = long_project(training_minutes="10")
    results = project.folder / "results"
    results.mkdir()
    slurm("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(results))
    try:
        built = project.cluster(f"{DENSE}/weights.safetensors")
        assert built.returncode == 0, built.stdout
        finished = stamps(project, "results/data/pictures", DENSE)
        ballast = results / "ballast"
        free = os.statvfs(results)
        ballast.write_bytes(b"0" * (free.f_bavail * free.f_frsize - 600_000))
        full = project.cluster(f"{ROUND}/weights.safetensors")
        assert full.returncode == 1
        assert "no space left on the disk" in full.stdout + (project.folder / ROUND / "prune.log").read_text()
        assert not list(results.rglob("*.tmp"))
        assert stamps(project, "results/data/pictures", DENSE) == finished
        ballast.unlink()
        again = project.cluster(f"{ROUND}/weights.safetensors")
        assert again.returncode == 0, again.stdout
        assert stamps(project, "results/data/pictures", DENSE) == finished
        assert (project.folder / ROUND / "weights.safetensors").read_bytes() == undisturbed[ROUND]
    finally:
        slurm("umount", str(results))
