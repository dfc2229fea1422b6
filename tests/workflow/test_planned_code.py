"""The real workflow runs the code that it was planned with, or says that it cannot; its lock tells who runs it."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from surp.files import locked

pytestmark = pytest.mark.workflow

DATA = "results/data/pictures/train.safetensors"
DENSE = "results/dense/pictures/lenet300_100/tiny/seed0/weights.safetensors"
RULES = Path(__file__).parents[2] / "workflow" / "rules"


@pytest.fixture
def project(fresh_project):
    return fresh_project()


@contextlib.contextmanager
def planned(project, target):
    """A run of `target` whose first job, the data set's, waits to write; then its end is `process.communicate()`."""
    with locked(project.folder / DATA):
        process = subprocess.Popen(
            [*project.command()[:-1], target],
            cwd=project.folder, env=project.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while "waiting" not in log_of(project):
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)
        yield process


def log_of(project):
    """What the job of the data set says."""
    path = project.folder / "results/data/pictures/data.log"
    return path.read_text() if path.exists() else ""


@contextlib.contextmanager
def edited(project, name, before, after):
    """A file of the project is another one for a while."""
    path = project.folder / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    yield
    path.write_text(text)


def elsewhere(project, record, target):
    """What an executor runs on another machine for one job of the run with this record."""
    words = ["--mode", "remote", "--nolock", "--no-hooks", "--force", "--ignore-incomplete", "--allowed-rules", "data"]
    command = [*project.command(*words)[:-1], target]
    environment = {**project.environment, "SURP_RUN": str(record)}
    return subprocess.run(
        command, cwd=project.folder, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_an_edit_during_a_run_stops_the_jobs_that_it_changes_here_and_elsewhere(project):
    reader = edited(project, "src/surp/data/sets/image_folder.py", "\n\n\n", "\n\nCHANGED = True\n\n\n")
    model = edited(project, "src/surp/models/networks/lenet300_100.py", "\n\n\n", "\n\nCHANGED = True\n\n\n")
    with contextlib.ExitStack() as edits:
        with planned(project, DENSE) as process:
            [record] = project.folder.glob(".snakemake/surp/run-*.json")
            kept = shutil.copy(record, project.folder / "kept.json")
            busy = project.surp("unlock")
            edits.enter_context(reader)  # of the job that is running: it has begun with what was planned
            edits.enter_context(model)
        output = process.communicate()[0]
        assert f"Snakemake is running here (process {process.pid} on " in busy.stderr
        assert process.returncode == 1
        assert "stages.pretrain,models.networks.lenet300_100 changed after the workflow was planned" in output
        assert "(models/networks/lenet300_100.py); run it again" in output
        assert (project.folder / DATA).exists()
        assert not (project.folder / DENSE).exists()
        assert not record.exists()

        job = elsewhere(project, kept, DATA)
        assert job.returncode == 1, "a job elsewhere took the code of its start for what was planned"
        assert "the code of stages.data,data.sets.image_folder changed after the workflow was planned" in log_of(
            project
        )
        assert not (project.folder / DATA).exists()

    with edited(project, "tiny.yaml", "path: pictures", "path: nowhere"):
        job = elsewhere(project, kept, DATA)
        assert job.returncode == 0, "a job elsewhere took the parameters of its start for what was planned"
    late = elsewhere(project, record, DATA)
    assert "the run that this job belongs to has ended" in late.stdout


def test_every_rule_that_runs_a_stage_tells_its_code():
    rules = [rule for path in RULES.glob("*.smk") for rule in re.split(r"(?m)^rule ", path.read_text())[1:]]
    stages = [rule for rule in rules if re.search(r'^ +"surp ', rule, re.MULTILINE)]
    assert len(stages) >= 15
    for rule in stages:
        assert re.search(r"^        code=CODE\.of", rule, re.MULTILINE), rule.partition(":")[0]
        assert '"surp --code {params.code} ' in rule, rule.partition(":")[0]
