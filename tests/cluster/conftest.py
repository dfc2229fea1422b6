"""Fixtures for tests that run on the test cluster which `with_slurm.py` made around them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny_project import TOP, Project, write_project

SUITE = (TOP / "tests/workflow/tiny.yaml", Path(__file__).with_name("suite.yaml"))


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
        project = write_project(tmp_path_factory.mktemp("project"), SUITE, picture_root)
        project.set(**settings)
        return project

    return make
