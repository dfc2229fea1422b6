"""Thirty seconds of hostile files in a process of limited memory."""

import subprocess
import sys
from pathlib import Path


def test_hostile_files_are_decoded_or_refused_and_nothing_else():
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), "--seconds", "30", "--seed", "1"]
    run = subprocess.run(command, text=True, capture_output=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    assert "faults 0" in run.stdout
