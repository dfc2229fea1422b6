"""Whole files or none, under a lock."""

from __future__ import annotations

import errno
import multiprocessing
import os
import time

import pytest

from surp.errors import SurpError
from surp.files import atomic, locked, read_json, write_bytes


def _hold(path, seconds, entered):
    with locked(path):
        entered.set()
        time.sleep(seconds)
        path.write_text(f"{path.read_text() if path.exists() else ''}{os.getpid()} ")


def test_two_writers_of_one_output_never_meet(tmp_path):
    context = multiprocessing.get_context("spawn")
    target, entered = tmp_path / "out", context.Event()
    first = context.Process(target=_hold, args=(target, 0.5, entered))
    first.start()
    assert entered.wait(30)
    with locked(target):
        assert target.read_text() == f"{first.pid} ", "the second writer came in before the first had finished"
    first.join()


def _count(path, times):
    for _ in range(times):
        with locked(path):
            path.write_text(str(int(path.read_text()) + 1))


def test_no_update_is_lost_among_many_writers(tmp_path):
    context = multiprocessing.get_context("fork")
    (tmp_path / "out").write_text("0")
    writers = [context.Process(target=_count, args=(tmp_path / "out", 200)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (tmp_path / "out").read_text() == "800"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "out"
    target.write_text("old")

    def fail():
        with atomic(target) as temporary:
            temporary.write_text("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert target.read_text() == "old"


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    stale = tmp_path / ".out.12345678.tmp"
    stale.write_text("half")
    with locked(tmp_path / "out"):
        write_bytes(tmp_path / "out", b"whole")
    assert [p.name for p in tmp_path.iterdir()] == ["out"], "neither half-written file nor lock is left"
    assert (tmp_path / "out").read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no space left"), (errno.EROFS, "Read-only file system"), (errno.EACCES, "Permission denied")],
)
def test_a_full_or_read_only_folder_is_named_and_nothing_is_left(tmp_path, number, words):
    def fail():
        with atomic(tmp_path / "out") as temporary:
            temporary.write_text("half")
            raise OSError(number, os.strerror(number))

    with pytest.raises(SurpError, match=f"out: .*{words}.*nothing was written"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_with_the_free_space(tmp_path):
    """/dev/full answers every write with ENOSPC: the real error, not a made-up one."""

    def fail():
        with atomic(tmp_path / "out") as temporary:
            temporary.symlink_to("/dev/full")
            temporary.write_bytes(b"x" * 10_000)

    with pytest.raises(SurpError, match=r"out: no space left on the disk \(\d+\.\d MB free\); nothing was written"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_missing_or_no_json_is_named(tmp_path):
    with pytest.raises(SurpError, match=r"a\.json: no such file"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[1, 2")
    with pytest.raises(SurpError, match="not a JSON file"):
        read_json(tmp_path / "a.json")
