"""The first use of a kernel says that it compiles; later uses say nothing; no kernel outlives its folder's sources."""

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
from helper import helper

@numba.njit(cache=True)
def kernel(x):
    return x + helper()
"""
HELPER = """
import numba

@numba.njit(cache=True)
def helper():
    return {}
"""
USE = """
import kernels
from surp.kernels import announce

announce(kernels.kernel, kernels.kernel)
print(kernels.kernel(1))
"""
SAID = ["compiling kernels (once; the result is cached)"]


def start(folder):
    """Without Python's own cache (-B), which takes a source that changed within the same second for the old one."""
    return subprocess.Popen(
        [sys.executable, "-B", "-c", USE], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def use(folder):
    """What the kernel returns, and the lines it said."""
    process = start(folder)
    out, said = process.communicate()
    assert process.returncode == 0, said
    return int(out), said.splitlines()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNEL)
    (tmp_path / "helper.py").write_text(HELPER.format(1))
    return tmp_path


def test_the_first_use_is_announced_once_and_a_changed_source_again(folder):
    assert use(folder) == (2, SAID)
    assert use(folder) == (2, [])
    (folder / "kernels.py").write_text(KERNEL + "\n# changed\n")
    assert use(folder) == (2, SAID)


def test_a_changed_helper_in_another_file_is_compiled_in(folder):
    assert use(folder)[0] == 2
    (folder / "helper.py").write_text(HELPER.format(2))
    assert use(folder) == (3, SAID)
    assert use(folder) == (3, [])


def test_processes_that_start_at_once_after_a_change_all_run_the_new_code(folder):
    use(folder)
    (folder / "helper.py").write_text(HELPER.format(5))
    started = [start(folder) for _ in range(3)]
    for process in started:
        out, said = process.communicate()
        assert process.returncode == 0, said
        assert int(out) == 6
    assert use(folder)[0] == 6


def stand_in(folder: Path, age: int) -> tuple[SimpleNamespace, list[Path]]:
    """What `announce` sees of a numba dispatcher of this file, and two cache indices `age` s older than its folder."""

    def scan() -> None: ...

    newest = max(path.stat().st_mtime for path in Path(__file__).parent.glob("*.py"))
    indices = [folder / f"{Path(__file__).stem}.{stand_in.__name__}.<locals>.scan-1.py311.nbi", folder / "other.f.nbi"]
    for index in indices:
        index.write_bytes(b"")
        os.utime(index, (newest - age, newest - age))
    stats = SimpleNamespace(cache_path=str(folder))
    return SimpleNamespace(stats=stats, py_func=scan, signatures=[], __module__=f"age{age}"), indices


def test_kernels_older_than_any_source_of_their_folder_are_forgotten_together(tmp_path, capsys):
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
