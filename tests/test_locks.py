"""Two writers of one file never meet, with flock or without."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from surp import locks
from surp.cluster.checks import locking
from surp.errors import SurpError
from surp.files import locked
from surp.process import this_process


def no_flock(monkeypatch, number=errno.ENOSYS):
    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.fixture
def ended():
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return replace(this_process(), pid=child.pid)


def write_owner(folder, process):
    (folder / ".out.owner").write_text(json.dumps(asdict(process)))


def _add(folder, number):
    fcntl.flock = lambda *arguments: (_ for _ in ()).throw(OSError(number, os.strerror(number)))
    locks.PAUSE = 0.001
    for _ in range(20):
        with locked(folder / "out"):
            value = int((folder / "out").read_text())
            time.sleep(0.0005)
            (folder / "out").write_text(str(value + 1))


@pytest.mark.parametrize("number", locks.NO_FLOCK)
def test_without_flock_the_second_writer_waits_for_the_first(tmp_path, ended, number):
    (tmp_path / "out").write_text("0")
    write_owner(tmp_path, ended)  # they also fight for what an ended process left
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_add, args=(tmp_path, number)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (tmp_path / "out").read_text() == "60"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_flock_an_ended_process_is_succeeded(tmp_path, monkeypatch, ended):
    no_flock(monkeypatch)
    write_owner(tmp_path, ended)
    with locked(tmp_path / "out"):
        assert json.loads((tmp_path / ".out.owner").read_text()) == asdict(this_process())
    assert list(tmp_path.iterdir()) == []


def test_without_flock_a_process_with_the_number_of_an_ended_one_is_not_taken_for_it(tmp_path, monkeypatch):
    no_flock(monkeypatch)
    write_owner(tmp_path, replace(this_process(), started="1"))
    with locked(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "other", [{"host": "node7"}, {"boot": "another", "machine": "another"}, {"namespace": "pid:[1]"}]
)
def test_without_flock_a_process_that_cannot_be_seen_is_waited_for_and_named(tmp_path, monkeypatch, other):
    no_flock(monkeypatch)
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    monkeypatch.setattr(locks, "PAUSE", 0.01)
    owner = replace(this_process(), **other)
    write_owner(tmp_path, owner)
    with (
        pytest.raises(SurpError, match=rf"out: is being written by {owner}; .*delete .*\.out\.owner"),
        locked(tmp_path / "out"),
    ):
        pytest.fail("it was taken over")
    assert (tmp_path / ".out.owner").exists()


def test_another_fault_of_the_lock_is_an_error(tmp_path, monkeypatch):
    no_flock(monkeypatch, errno.EIO)
    with pytest.raises(SurpError, match="out: cannot be written"), locked(tmp_path / "out"):
        pass


def test_the_doctor_says_where_there_is_no_flock(tmp_path, monkeypatch):
    assert [finding.state for finding in locking(tmp_path)] == ["ok"]
    no_flock(monkeypatch)
    [finding] = locking(tmp_path)
    assert finding.state == "note"
    assert "has no flock" in finding.text
    assert list(tmp_path.iterdir()) == []
