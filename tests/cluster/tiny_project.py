"""A copy of the project's workflow with the tiny suite, its commands, its results, and what SLURM did for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

TOP = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

# What a user of this cluster would set; poll_seconds so that the tests are quick.
ON_GPUS = {"training_partition": '"gpu"', "gpus": "1", "gpu_model": '"a100"', "poll_seconds": "2"}
ON_CPUS = {"poll_seconds": "2"}


PARTS = ("Snakefile", "workflow", "profiles")


def write_project(folder: Path, suite: Sequence[Path], root: Path | None = None) -> Project:
    """A copy of the workflow in `folder`, with these files over its `params.yaml`."""
    for part in PARTS:
        copy = shutil.copytree if (TOP / part).is_dir() else shutil.copy2
        copy(TOP / part, folder / part)
    (folder / "slurm").symlink_to("profiles/slurm")
    whole = yaml.safe_load((TOP / "params.yaml").read_text())
    for part in suite:
        for key, value in yaml.safe_load(part.read_text()).items():
            whole[key] = {**whole.get(key, {}), **value} if isinstance(value, dict) else value
    (folder / "params.yaml").write_text(yaml.safe_dump(whole))
    return Project(folder, root or folder)


def jobs(folder: Path) -> list[dict[str, str]]:
    """Jobs that SLURM remembers (the last five minutes') of one project, oldest first: what `scontrol` says of each."""
    shown = subprocess.run(["scontrol", "show", "job", "-o"], text=True, capture_output=True, check=True).stdout
    rows = [dict(word.split("=", 1) for word in line.split(" ") if "=" in word) for line in shown.splitlines()]
    return sorted((row for row in rows if row.get("WorkDir") == str(folder)), key=lambda row: int(row["JobId"]))


@dataclass(frozen=True)
class Project:
    """A copy of the project's workflow whose `params.yaml` names the tiny suite; the sources are the project's own."""

    folder: Path
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(TOP / "src"), "SURP_DATA": str(self.root)}

    def start(self, *command: str, output: Path | None = None) -> subprocess.Popen[str]:
        """Start `snakemake ...` or `surp ...` of this environment in the project's folder."""
        return subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=output.open("w") if output else subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*command)
        text, _ = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, text)

    def cluster(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("snakemake", "--profile", "slurm", *(arguments or ("all",)))

    def set(self, **values: str) -> None:
        """Edit the commented block of the SLURM profile, as a user does."""
        path = self.folder / "profiles/slurm/config.yaml"
        lines = path.read_text().splitlines()
        for key, value in values.items():
            [place] = [i for i, line in enumerate(lines) if line.startswith(f"  {key}: ")]
            lines[place] = f"  {key}: {value}"
        path.write_text("\n".join(lines) + "\n")

    def results(self) -> dict[str, bytes]:
        """What a run made, by path: every file but logs, measured times, and JSON and tables without their times."""
        files = (path for path in sorted((self.folder / "results").rglob("*")) if path.is_file())
        return {
            str(path.relative_to(self.folder)): _without_times(path)
            for path in files
            if path.suffix not in (".log", ".tsv") and not path.name.startswith(".")
        }


SHOW_TIMES = ("accuracy.csv", "accuracy.md", "accuracy.html", "report.html")
"""Printed times among numbers that stand in summary.csv, too, where they are compared."""


def _without_times(path: Path) -> bytes:
    if path.name in SHOW_TIMES:
        return b""
    if path.suffix == ".json":
        return json.dumps(_drop(json.loads(path.read_text())), sort_keys=True).encode()
    if path.name == "summary.csv":
        rows = [line.split(",") for line in path.read_text().splitlines()]
        kept = [i for i, name in enumerate(rows[0]) if not name.startswith("seconds")]
        assert len(kept) < len(rows[0])
        return repr([[row[i] for i in kept] for row in rows]).encode()
    return path.read_bytes()


def _drop(value: object) -> object:
    if isinstance(value, list):
        return [_drop(item) for item in value]
    if isinstance(value, dict):
        return {key: _drop(item) for key, item in value.items() if not key.startswith("seconds")}
    return value
