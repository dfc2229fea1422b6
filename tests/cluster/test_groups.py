"""What Snakemake would submit to SLURM, from its own graph: groups of one round, GPUs, and what the doctor sums up."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_project import TOP, write_project

from surp.cluster.profile import read_profile
from surp.cluster.requests import RoundWork, requests
from surp.files import write_json
from surp.plan.config import read_config, read_yaml

pytestmark = pytest.mark.workflow
HERE = Path(__file__).parent
SUITE = (TOP / "tests/workflow/tiny.yaml", HERE / "suite_of_all_kinds.yaml")
ROUND = ("dataset", "model", "seed", "method", "schedule", "round")
ON_GPUS = {"gpus": "1", "coding_gpus": "1", "gpu_model": '"a100"', "cpus_per_job": "2", "node_mem_mb": "9000"}


@dataclass(frozen=True)
class Plan:
    """A project and what a run of it would submit."""

    folder: Path
    submissions: list[dict[str, Any]]

    def named(self, rule: str) -> list[dict[str, Any]]:
        return [job for one in self.submissions for job in one["jobs"] if job["rule"] == rule]


def plan(folder: Path, **settings: str) -> Plan:
    write_project(folder, SUITE).set(**settings)
    output = folder / "plan.json"
    command = [sys.executable, str(HERE / "plan.py"), str(output), "--profile", "slurm", "-n", "--", "all"]
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Plan(folder, json.loads(output.read_text()))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Plan:
    """With the profile as it is shipped."""
    return plan(tmp_path_factory.mktemp("shipped"))


@pytest.fixture(scope="module")
def on_gpus(tmp_path_factory) -> Plan:
    return plan(tmp_path_factory.mktemp("gpus"), **ON_GPUS)


def test_every_group_holds_jobs_of_one_round_of_one_network(shipped):
    groups = [one for one in shipped.submissions if one["group"]]
    for group in groups:
        assert len({tuple(job["wildcards"][axis] for axis in ROUND) for job in group["jobs"]}) == 1, group["group"]
    assert len({group["group"] for group in groups}) == len(groups)


def test_a_round_is_one_job_of_training_and_one_of_its_files(shipped):
    kinds = Counter(tuple(sorted({job["rule"] for job in one["jobs"]})) for one in shipped.submissions)
    assert kinds == {
        ("pretrain",): 2,
        ("evaluate_dense",): 2,
        ("train_sparse",): 2 * 2,
        ("finetune", "prune"): 2 * 2 * 2,
        ("decode", "encode", "evaluate", "quantize"): 2 * 3 * 2,
    }


@pytest.mark.parametrize("name", ["shipped", "on_gpus"])
def test_the_doctor_sums_the_largest_groups_that_are_made_in_each_attempt(name, request):
    made = request.getfixturevalue(name)
    wanted = requests(
        read_profile(str(made.folder / "slurm")), RoundWork.of(read_config(read_yaml(made.folder / "params.yaml")))
    )
    largest: dict[str, list[tuple[int, ...]]] = {}
    for one in made.submissions:
        rules = {job["rule"] for job in one["jobs"]}
        what = {"pretrain": "training", "train_sparse": "training", "evaluate_dense": "dense evaluation"}.get(
            min(rules), "pruning and fine-tuning" if "prune" in rules else "files of a round"
        )
        asked = [[step[key] for step in one["asked"]] for key in ("runtime", "_cores", "gpu", "mem_mb")]
        assert len(set(asked[0])) == 1, "a retry asks for more time"
        largest.setdefault(what, []).append((*(max(values) for values in asked), asked[3][0]))
    for request_ in wanted:
        told = (request_.minutes, request_.cpus, request_.gpus, request_.most_mem_mb, request_.mem_mb)
        assert told == tuple(map(max, zip(*largest.pop(request_.what), strict=True))), request_.what
    assert not largest


def test_what_asks_for_a_gpu_computes_on_it_and_what_does_not_computes_on_the_cpu(shipped, on_gpus):
    always = ("pretrain", "finetune", "train_sparse", "evaluate", "evaluate_dense")
    for made, device in ((shipped, "cpu"), (on_gpus, "cuda")):
        for rule in always:
            assert {re.search(r" --device (\w+) ", job["shell"])[1] for job in made.named(rule)} == {device}, rule
        for rule, looks_at_images in (("quantize", {"hessian", "codebook"}), ("prune", {"surp_fisher"})):
            for job in made.named(rule):
                axis = "quantizer" if rule == "quantize" else "method"
                expected = [device] if job["wildcards"][axis] in looks_at_images else []
                assert re.findall(r" --device (\w+) ", job["shell"]) == expected
        for rule in ("encode", "decode"):
            assert not any("--device" in job["shell"] for job in made.named(rule))


def test_a_gpu_of_this_machine_is_asked_for_by_a_profile_too(tmp_path):
    """`profiles/gpu`: the rules have a resource that Snakemake counts, here as on a cluster."""
    folder = tmp_path
    write_project(folder, SUITE)
    command = [str(Path(sys.executable).with_name("snakemake")), "--profile", "profiles/gpu", "-n", "-p", "--", "all"]
    told = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    devices = Counter(re.findall(r"surp --code \S+ (\S+) .* --device (\w+) ", told.stdout))
    assert {device for _, device in devices} == {"cuda"}
    assert {stage for stage, _ in devices} == {"pretrain", "finetune", "train-sparse", "prune", "quantize", "evaluate"}
    shutil.rmtree(folder / ".snakemake")


def test_a_table_can_be_had_of_what_is_there(tmp_path):
    project = write_project(tmp_path, SUITE)
    place = "results/tiny/pictures/lenet300_100/seed0/rigl/tiny/round1"
    axes = {"dataset": "pictures", "model": "lenet300_100", "seed": 0, "method": "rigl", "schedule": "tiny", "round": 1}
    write_json(tmp_path / place / "metrics.json", [{**axes, "quantizer": "uniform", "coder": "adaptive"}])
    run = project.run("snakemake", "partial")
    assert run.returncode == 0, run.stdout
    # Two networks, three methods, two rounds; five more files of the second round of seed 1.
    assert f"1 of {2 * 3 * 2 + 3 * 5} rows -> results/tiny/partial.csv" in run.stdout
    assert (tmp_path / "results/tiny/partial.csv").read_text().count("\n") == 2
    lacks = {line.rpartition(",")[2] for line in (tmp_path / "results/tiny/missing.csv").read_text().splitlines()}
    assert lacks == {
        "lacks",
        *(f"results/dense/pictures/lenet300_100/tiny/seed{seed}/weights.safetensors" for seed in (0, 1)),
    }
    assert not list(tmp_path.glob("results/data/*")), "something was built"
