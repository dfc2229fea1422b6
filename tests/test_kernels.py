"""The first use of a kernel says that it compiles; later uses say nothing; no kernel outlives its package's sources."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from surp.kernels import announce

pytestmark = pytest.mark.processes

KERNEL = """
import numba
from root.room.middle.part import part

@numba.njit(cache=True)
def kernel(x):
    return x + part()
"""
PART = """
import numba
from root.room.far.helper import helper

@numba.njit(cache=True)
def part():
    return 10 * helper()
"""
HELPER = """
import numba

@numba.njit(cache=True)
def helper():
    return {}
"""
NEIGHBOUR = """
import numba

@numba.njit(cache=True)
def double(x):
    return 2 * x
"""
USE = """
from root.neighbour.double import double
from root.room.near.kernels import kernel
from surp.kernels import announce

announce(double, kernel, kernel)
print(kernel(1) + double(1000))
"""
SAID = ["compiling root.room.near.kernels (once; the result is cached)"]
FIRST = ["compiling root.neighbour.double (once; the result is cached)", *SAID]


def start(folder, cache=None):
    """Without Python's own cache (-B), which takes a source that changed within the same second for the old one."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)} if cache else None
    command = [sys.executable, "-B", "-c", USE]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def use(folder, cache=None):
    """What the kernels return, and the lines they said."""
    process = start(folder, cache)
    out, said = process.communicate()
    assert process.returncode == 0, said
    return int(out) - 2000, said.splitlines()


@pytest.fixture
def folder(tmp_path):
    """Two packages; in one of them a kernel, what it uses, and what that uses stand in three folders."""
    room = {"room/near/kernels": KERNEL, "room/middle/part": PART, "room/far/helper": HELPER.format(1)}
    for name, text in {**room, "neighbour/double": NEIGHBOUR}.items():
        path = tmp_path / "root" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_first_use_is_announced_once_and_a_changed_source_again(folder):
    assert use(folder) == (11, FIRST)
    assert use(folder) == (11, [])
    (folder / "root/room/near/kernels.py").write_text(KERNEL + "\n# changed\n")
    assert use(folder) == (11, SAID)


@pytest.mark.parametrize("cache", ["beside the sources", "in a folder of its own"])
def test_a_changed_helper_in_another_folder_of_the_package_is_compiled_in(folder, cache):
    place = folder / "cache" if cache == "in a folder of its own" else None
    assert use(folder, place) == (11, FIRST)
    (folder / "root/room/far/helper.py").write_text(HELPER.format(2))
    assert use(folder, place) == (21, SAID)
    assert use(folder, place) == (21, [])
    assert (place is None) == any(folder.rglob("__pycache__"))


def test_processes_that_start_at_once_after_a_change_all_run_the_new_code(folder):
    use(folder)
    (folder / "root/room/far/helper.py").write_text(HELPER.format(5))
    started = [start(folder) for _ in range(3)]
    for process in started:
        out, said = process.communicate()
        assert process.returncode == 0, said
        assert int(out) == 2051
    assert use(folder)[0] == 51


def stand_in(folder: Path, age: int) -> tuple[SimpleNamespace, list[Path]]:
    """What `announce` sees of a numba dispatcher of this file, and two cache indices `age` s older than its package."""

    def scan() -> None: ...

    newest = max(path.stat().st_mtime for path in Path(__file__).parent.rglob("*.py"))
    indices = [folder / f"{Path(__file__).stem}.{stand_in.__name__}.<locals>.scan-1.py311.nbi", folder / "other.f.nbi"]
    for index in indices:
        index.write_bytes(b"")
        os.utime(index, (newest - age, newest - age))
    stats = SimpleNamespace(cache_path=str(folder))
    return SimpleNamespace(stats=stats, py_func=scan, signatures=[], __module__=f"age{age}"), indices


def test_kernels_older_than_any_source_of_their_package_are_forgotten_together(tmp_path, capsys):
    dispatcher, indices = stand_in(tmp_path, age=5)
    announce(dispatcher)
    assert not any(index.exists() for index in indices)
    assert "compiling age5" in capsys.readouterr().err


def test_kernels_newer_than_all_sources_are_kept(tmp_path, capsys):
    dispatcher, indices = stand_in(tmp_path, age=-5)
    announce(dispatcher)
    assert all(index.exists() for index in indices)
    assert capsys.readouterr().err == ""


def test_plain_functions_are_not_announced(capsys):
    announce(use)
    assert capsys.readouterr().err == ""
