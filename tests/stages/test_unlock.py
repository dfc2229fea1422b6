"""`surp unlock` removes the lock of a run of this machine that has ended, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from surp.errors import SurpError
from surp.files import write_json
from surp.process import this_process
from surp.provenance import runs
from surp.provenance.runs import Run
from surp.stages.unlock import unlock


@pytest.fixture
def child():
    """A process of this machine that is alive until it is killed."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child
    child.kill()
    child.wait()


@pytest.fixture
def project(tmp_path):
    """A folder that Snakemake has locked."""
    for kind in ("input", "output"):
        path = tmp_path / f".snakemake/locks/0.{kind}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("results/a\n")
    return tmp_path


def record(folder, **process):
    run = Run(replace(this_process(), **process), "me", "2026-01-02 03:04:05+00:00", "snakemake all", {}, {}, {})
    write_json(folder / run.path, asdict(run))
    return folder / run.path


def left(folder):
    return sorted(path.name for path in folder.glob(".snakemake/**/*") if path.is_file())


def test_the_lock_of_a_killed_run_is_removed_with_its_record(project, child):
    child.kill()  # not waited for: nothing but its exit code is there
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    record(project, pid=child.pid)
    unlock(project)
    assert left(project) == []


def test_a_process_with_the_number_of_the_killed_one_does_not_keep_its_lock(project, child):
    record(project, pid=child.pid, started="1")
    unlock(project)
    assert left(project) == []


def test_a_run_before_this_machine_was_started_again_has_ended(project, monkeypatch):
    monkeypatch.setattr("surp.stages.unlock.say", lambda text: None)
    record(project, boot="before", machine="m", pid=os.getpid())
    here = replace(this_process(), machine="m")
    monkeypatch.setattr("surp.process.this_process", lambda: here)
    unlock(project)
    assert left(project) == []


@pytest.mark.parametrize("force", [False, True])
def test_the_lock_of_a_live_run_stays(project, force):
    record(project)
    before = left(project)
    with pytest.raises(
        SurpError, match=rf"Snakemake is running here \(process {os.getpid()} on .* of me, since 2026-01"
    ):
        unlock(project, force=force)
    assert left(project) == before


@pytest.mark.parametrize("other", [{"host": "login2"}, {"boot": "b", "machine": "m"}, {"namespace": "pid:[1]"}])
def test_the_lock_of_a_run_that_cannot_be_seen_stays_until_someone_says_that_it_has_ended(project, other):
    record(project, pid=1, **other)
    before = left(project)
    with pytest.raises(SurpError, match=r"locked by process 1 on .* of me, since .*: snakemake all; .* --force"):
        unlock(project)
    assert left(project) == before
    unlock(project, force=True)
    assert left(project) == []


def test_a_lock_that_no_record_tells_of_stays_until_someone_says_that_nothing_runs(project):
    with pytest.raises(SurpError, match="nothing tells by whom"):
        unlock(project)
    assert len(left(project)) == 2
    unlock(project, force=True)
    assert left(project) == []


def test_a_lock_that_is_newer_than_an_ended_runs_record_is_not_that_runs(project, child):
    os.utime(record(project, pid=child.pid, started="1"), (1, 1))
    with pytest.raises(SurpError, match="nothing tells by whom"):
        unlock(project)


def test_where_nothing_is_locked_there_is_nothing_to_do(tmp_path):
    unlock(tmp_path)
    assert list(tmp_path.iterdir()) == []
    path = record(tmp_path)
    unlock(tmp_path)
    assert path.exists()


def test_a_run_removes_its_own_record_when_it_ends(tmp_path):
    text = (
        "from surp.provenance import runs, sources\n"
        "run = runs.Run.of_this_process(sources.Sources(frozenset(), None), {}, {})\n"
        "run.begin()\n"
        "assert list(runs.all_in(runs.Path()).values()) == [run]\n"
        "assert run.process.state() == 'runs'\n"
    )
    subprocess.run([sys.executable, "-c", text], cwd=tmp_path, check=True)
    assert runs.all_in(tmp_path) == {}
    assert (tmp_path / runs.FOLDER).is_dir()
