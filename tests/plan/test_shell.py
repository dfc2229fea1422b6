"""`surp` in a shell command is the right program, whatever the environment of the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from surp.plan import shell


def run(prefix):
    """What a command of a rule does: Snakemake formats it, then bash runs it without any program on the path."""
    command = ["bash", "-c", f"{prefix}surp a 'b c'".format()]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, text=True, capture_output=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def echo(tmp_path):
    """A folder with a space, and in it a program that says how it is called."""
    folder = tmp_path / "an environment"
    folder.mkdir()
    for name in ("surp", "client"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho {name} "$#" "$@"\n')
        program.chmod(0o755)
    return folder


def test_the_program_is_that_beside_the_python_of_snakemake(echo):
    assert run(shell.beside(str(echo / "python"))) == (0, "surp 2 a b c\n")


def test_a_client_takes_its_place(echo):
    assert run(shell.by_client(str(echo / "python"), [str(echo / "client"), "x y"])) == (0, "client 3 x y a b c\n")


def test_in_another_environment_the_sources_run(tmp_path):
    package = tmp_path / "the sources" / "surp"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys\nprint(*sys.argv[1:], sep='|')\n")
    path = f"export PATH={Path(sys.executable).parent}:$PATH; "
    assert run(path + shell.from_sources(package.parent)) == (0, "a|b c\n")


def test_a_command_that_fails_within_a_pipe_fails():
    prefix = shell.beside(sys.executable)
    done = subprocess.run(["bash", "-c", f"{prefix}false | true".format()], check=False)
    assert done.returncode == 1
