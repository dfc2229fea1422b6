"""Fixtures for tests that run on the test cluster which `with_slurm.py` made around them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml
from tiny_project import TOP, Project

SUITE = (TOP / "tests/workflow/tiny.yaml", Path(__file__).with_name("suite.yaml"))
PARTS = ("Snakefile", "workflow", "profiles")


@pytest.fixture(scope="session")
def cluster() -> Path:
    """The folder of the cluster; skips where there is none."""
    if not (folder := os.environ.get("SURP_CLUSTER")):
        pytest.skip("there is no test cluster around these tests; run: make test-cluster")
    return Path(folder)


@pytest.fixture(scope="session")
def accounting(cluster: Path) -> bool:
    return bool(os.environ.get("SURP_CLUSTER_ACCOUNTING"))


@pytest.fixture(scope="session")
def fresh_project(picture_root: Path, tmp_path_factory: pytest.TempPathFactory):
    """A function that makes a new copy of the project, with nothing built."""

    def make(**settings: str) -> Project:
        folder = tmp_path_factory.mktemp("project")
        for part in PARTS:
            copy = shutil.copytree if (TOP / part).is_dir() else shutil.copy2
            copy(TOP / part, folder / part)
        (folder / "slurm").symlink_to("profiles/slurm")
        whole = yaml.safe_load((TOP / "params.yaml").read_text())
        for part in SUITE:
            for key, value in yaml.safe_load(part.read_text()).items():
                whole[key] = {**whole.get(key, {}), **value} if isinstance(value, dict) else value
        (folder / "params.yaml").write_text(yaml.safe_dump(whole))
        project = Project(folder, picture_root)
        project.set(**settings)
        return project

    return make
