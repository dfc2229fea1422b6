"""The conda environment of the rules has what the package needs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

TOP = Path(__file__).parents[1]
ELSEWHERE = {"torch": "pytorch"}


def test_the_conda_environment_names_every_library_that_the_package_declares():
    declared = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = {re.split(r"[<>=~!\[ ]", name)[0] for name in declared}
    listed = {line.split()[0] for line in yaml.safe_load((TOP / "workflow/envs/surp.yaml").read_text())["dependencies"]}
    assert {ELSEWHERE.get(name, name) for name in wanted} <= listed
