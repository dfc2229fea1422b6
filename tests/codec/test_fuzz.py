"""Hostile files in a process of limited memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from surp.codec import _peer
from surp.errors import ParameterError


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), *arguments]
    run = subprocess.run(command, text=True, capture_output=True, check=False)
    print(run.stdout)
    return run


def test_hostile_files_are_decoded_or_refused_and_nothing_else():
    run = fuzz("--seconds", "30", "--seed", "1")
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    assert "faults 0" in run.stdout


def test_hostile_files_of_nncodec_too():
    try:
        _peer.python()
    except ParameterError as error:
        pytest.skip(str(error))
    run = fuzz("--seconds", "15", "--seed", "1", "--coders", "nncodec")
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    assert "faults 0" in run.stdout
