"""The column `machine`: equal where the same sums come out."""

from __future__ import annotations

import os
import subprocess
import sys

import torch

from surp.machine import _processor, machine

CPUINFO = """processor\t: 0
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC
processor\t: 1
model name\t: Another
"""


def test_the_first_processor_is_named_with_family_and_model(tmp_path):
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    assert _processor(tmp_path / "cpuinfo") == ["AMD EPYC", "family 25", "model 17"]


def test_a_system_that_tells_nothing_gives_no_words(tmp_path):
    (tmp_path / "cpuinfo").write_text("Hardware\t: unknown\n")
    assert _processor(tmp_path / "cpuinfo") == []


def test_other_instructions_are_another_machine():
    code = "import torch; from surp.machine import machine; print(machine(torch.device('cpu')))"
    words = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default"},
        text=True,
        capture_output=True,
        check=True,
    ).stdout.strip()
    assert words.endswith(", DEFAULT")
    here = machine(torch.device("cpu"))
    assert here.rpartition(", ")[0] == words.rpartition(", ")[0]
    assert here == machine(torch.device("cpu"))
