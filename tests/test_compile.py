"""The first use of a kernel says that it compiles; later uses say nothing."""

from __future__ import annotations

import subprocess
import sys

KERNEL = """
import numba

@numba.njit(cache=True)
def kernel(x):
    return x + 1
"""
USE = "import kernels; from surp._compile import announce; announce(kernels.kernel, kernels.kernel); kernels.kernel(1)"


def use(folder):
    run = subprocess.run([sys.executable, "-c", USE], cwd=folder, capture_output=True, text=True, check=True)
    return run.stderr.splitlines()


def test_the_first_use_is_announced_once_and_a_changed_source_again(tmp_path):
    (tmp_path / "kernels.py").write_text(KERNEL)
    assert use(tmp_path) == ["compiling kernels (once; the result is cached)"]
    assert use(tmp_path) == []
    (tmp_path / "kernels.py").write_text(KERNEL + "\n# changed\n")
    assert use(tmp_path) == ["compiling kernels (once; the result is cached)"]


def test_plain_functions_are_not_announced(capsys):
    from surp._compile import announce

    announce(use)
    assert capsys.readouterr().err == ""
