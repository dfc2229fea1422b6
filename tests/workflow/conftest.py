"""A copy of the project with a tiny suite, run by the real Snakemake."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[2]
TINY = Path(__file__).parent / "tiny.yaml"
FIGURES = ("accuracy_vs_sparsity", "weight_histogram")
PARTS = ("Snakefile", "workflow", "profiles", "params.yaml", "src")


@dataclass(frozen=True)
class Project:
    """A copy of the project's files; `snakemake` runs its own sources there."""

    folder: Path
    root: Path

    def command(self, *arguments: str, target: str = "all") -> list[str]:
        snakemake = str(Path(sys.executable).with_name("snakemake"))
        return [snakemake, *arguments, "--cores", "2", "--configfile", "params.yaml", "tiny.yaml", "--", target]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.folder / "src"), "SURP_DATA": str(self.root)}

    def snakemake(self, *arguments: str, target: str = "all") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, target=target),
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    def surp(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "surp", *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )

    def pending(self, *arguments: str) -> dict[str, int]:
        """Jobs that a run would do now, by rule."""
        dry = self.snakemake("--dry-run", *arguments)
        assert dry.returncode == 0, dry.stdout
        if "Nothing to be done" in dry.stdout:
            return {}
        lines = dry.stdout.rpartition("Job stats:")[2].splitlines()
        rows = (line.split() for line in lines)
        found = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"}
        assert found, dry.stdout
        return found


def copied(folder: Path, root: Path, **suite: object) -> Project:
    """A copy of the project in `folder`; `suite` replaces what the tiny suite says, or without a value takes it out."""
    for part in PARTS:
        source = TOP / part
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / part)
    parameters = yaml.safe_load(TINY.read_text())
    changed = parameters["suites"]["tiny"] | suite
    parameters["suites"]["tiny"] = {key: value for key, value in changed.items() if value is not None}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
    return Project(folder, root)


@pytest.fixture(scope="session")
def fresh_project(picture_root: Path, tmp_path_factory: pytest.TempPathFactory):
    """A function that makes a new copy, with nothing built; of the suite, what it is told, and few figures."""

    def make(**suite: object) -> Project:
        project = copied(tmp_path_factory.mktemp("project"), picture_root, **suite)
        for figure in (project.folder / "src/surp/figures/plots").glob("[a-z]*.py"):
            if figure.stem not in FIGURES:
                figure.unlink()
        return project

    return make


@pytest.fixture(scope="session")
def built(picture_root: Path, made_once) -> Project:
    """A copy with the tiny suite built once, whatever the number of workers; forked, which takes less time."""

    def build(folder: Path) -> None:
        run = copied(folder, picture_root).snakemake("--config", "forkserver=true")
        assert run.returncode == 0, run.stdout

    return Project(made_once("tiny-suite", build), picture_root)
