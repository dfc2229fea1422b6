"""`SNAKEMAKE_PROFILE=slurm dvc repro` on the test cluster: its stages send their jobs to SLURM."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

import pytest
from tiny_project import BIN, ON_CPUS, TOP, Project, jobs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

PARTS = ("src", "dvc.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore")


@dataclass(frozen=True)
class Versioned(Project):
    """A project under git and DVC that runs its own sources, with the environment activated, on the cluster."""

    @property
    def environment(self) -> dict[str, str]:
        own = {"PATH": f"{BIN}:{os.environ['PATH']}", "SNAKEMAKE_PROFILE": "slurm", "DVC_NO_ANALYTICS": "true"}
        return {**super().environment, "PYTHONPATH": "src", **own}


@pytest.fixture
def versioned(accounting, fresh_project) -> Versioned:
    if not accounting:
        pytest.skip("to keep the first configuration short; runs in the second: make test-cluster-accounting")
    project = fresh_project(**ON_CPUS)
    for part in PARTS:
        (project.folder / part).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (TOP / part).is_dir() else shutil.copy2
        copy(TOP / part, project.folder / part)
    subprocess.run(["git", "init", "--quiet"], cwd=project.folder, check=True)
    return Versioned(project.folder, project.root)


def test_dvc_sends_its_jobs_to_slurm_and_then_has_nothing_to_do(versioned):
    built = versioned.run("dvc", "repro")
    assert built.returncode == 0, built.stdout
    submitted = jobs(versioned.folder)
    names = [job["Comment"].split("_wildcards")[0] for job in submitted]
    assert sorted(names) == sorted(
        [
            "rule_pretrain",
            "rule_measure_dense_evaluate_dense",
            "rule_round1_finetune_prune",
            "rule_round2_finetune_prune",
            "rule_measure_decode_encode_evaluate_quantize",
        ]
    )
    assert "no mismatch in 1 suite" in versioned.run("surp", "verify", "results/").stdout
    again = versioned.run("dvc", "repro")
    assert "Data and pipelines are up to date" in again.stdout, again.stdout
    assert "Nothing to be done" in versioned.run("snakemake", "-n", "all").stdout
    assert jobs(versioned.folder) == submitted
