"""The environments have what the package needs, in versions that were tried."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

from surp.plan import engine

TOP = Path(__file__).parents[1]
ELSEWHERE = {"torch": "pytorch"}


def test_the_conda_environment_names_every_library_that_the_package_declares():
    declared = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = {re.split(r"[<>=~!\[ ]", name)[0] for name in declared}
    listed = {line.split()[0] for line in yaml.safe_load((TOP / "workflow/envs/surp.yaml").read_text())["dependencies"]}
    assert {ELSEWHERE.get(name, name) for name in wanted} <= listed


def test_snakemake_is_the_version_whose_own_objects_were_tried():
    """`surp.plan.engine` and what reads `.snakemake` depend on what Snakemake promises to nobody."""
    workflow = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["optional-dependencies"]["workflow"]
    [bound] = [SpecifierSet(name.removeprefix("snakemake")) for name in workflow if re.match("snakemake[<>=]", name)]
    major, minor = map(int, engine.TRIED.split("."))
    assert f"{major}.{minor}.99" in bound
    assert f"{major}.{minor - 1}.99" not in bound
    assert f"{major}.{minor + 1}.0" not in bound
    [pinned] = re.findall(r"(?m)^snakemake==(.*)$", (TOP / "constraints.txt").read_text())
    assert {pinned, version("snakemake")} <= set(bound.filter([pinned, version("snakemake")]))
    assert f'min_version("{engine.TRIED}")' in (TOP / "Snakefile").read_text()
