"""Hostile files in a process of limited memory."""

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import DAMAGES, IN_PROCESS, KINDS, KINDS_IN_PASSES, damages_of
from make_golden import GOLDEN

from surp import codec, registry
from surp.codec.coder import has_passes
from surp.codec.peers import nncodec as peer
from surp.errors import ParameterError

pytestmark = pytest.mark.processes


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), "--seed", "1", *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def decoded_or_refused(rounds: int, *coders: str) -> None:
    """Every damage was done `rounds` times to a file of each coder, preset and kind, and nothing else came of it."""
    run = fuzz("--rounds", str(rounds), "--coders", *coders)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    assert run.stdout.splitlines()[-1].endswith("faults 0")
    damaged = dict(line.rsplit(maxsplit=1) for line in run.stdout.splitlines())
    for coder in coders:
        module = registry.load("coders", coder)
        kinds = KINDS + KINDS_IN_PASSES * has_passes(module)
        for file in (f"{coder} {preset} {kind}" for preset in module.PRESETS for kind in kinds):
            assert int(damaged[file]) == rounds * len(DAMAGES), file
    for path in GOLDEN.glob("*.surp"):
        if codec.open(file := path.read_bytes()).coder in coders:
            assert int(damaged[path.name]) == rounds * len(damages_of(file)), path.name


def test_hostile_files_are_decoded_or_refused_and_nothing_else():
    decoded_or_refused(1, *IN_PROCESS)


def test_hostile_files_of_nncodec_too():
    try:
        peer.python()
    except ParameterError as error:
        pytest.skip(str(error))
    decoded_or_refused(1, "nncodec")


@pytest.mark.parametrize("nothing", [("--coders",), ("--rounds", "0"), ("--seconds", "0")])
def test_no_file_at_all_is_a_failure(nothing):
    run = fuzz(*nothing)
    assert run.returncode == 1
    assert "files 0" in run.stdout
