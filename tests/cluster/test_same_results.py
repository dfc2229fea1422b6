"""The whole workflow on the test cluster: the bytes of a local run, in few submissions, GPUs for trainings only."""

from __future__ import annotations

import pytest
import yaml
from tiny_project import ON_CPUS, ON_GPUS, jobs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

DENSE = "results/dense/pictures/lenet300_100/tiny/seed0"


@pytest.fixture(scope="module")
def local(cluster, fresh_project):
    project = fresh_project()
    run = project.run("snakemake", "all")
    assert run.returncode == 0, run.stdout
    return project.results()


@pytest.fixture(scope="module")
def built(accounting, fresh_project):
    """Polled with squeue, and where there is accounting with sacct."""
    more = {"status_command": "sacct", "account": '"research"'} if accounting else {}
    project = fresh_project(**ON_GPUS, **more)
    run = project.cluster("all")
    assert run.returncode == 0, run.stdout
    return project, {job["Comment"].split("_wildcards")[0]: job for job in jobs(project.folder)}


def test_a_run_on_the_cluster_gives_the_bytes_of_a_local_run(built, local):
    results = built[0].results()
    assert results.keys() == local.keys()
    assert [path for path in local if results[path] != local[path]] == []
    assert sum(path.endswith("model.surp") for path in local) == 4


def test_four_files_are_five_submissions(built):
    assert set(built[1]) == {
        "rule_pretrain",
        "rule_measure_dense_evaluate_dense",
        "rule_round1_finetune_prune",
        "rule_round2_finetune_prune",
        "rule_measure_decode_encode_evaluate_quantize",
    }
    assert len(jobs(built[0].folder)) == 5


def test_only_trainings_are_given_a_gpu(built):
    for name, job in built[1].items():
        training = "pretrain" in name or "finetune" in name
        assert job["Partition"] == ("gpu" if training else "main")
        assert job.get("TresPerJob", "").endswith("gpu:a100:1") == training


def test_a_second_run_has_nothing_to_do(built):
    before = len(jobs(built[0].folder))
    assert "Nothing to be done" in built[0].cluster("all").stdout
    assert len(jobs(built[0].folder)) == before


def test_the_profile_as_it_is_shipped_asks_for_no_gpu(cluster, fresh_project):
    project = fresh_project(**ON_CPUS)
    run = project.cluster(f"{DENSE}/weights.safetensors")
    assert run.returncode == 0, run.stdout
    [job] = jobs(project.folder)
    assert job["Partition"] == "main"
    assert "gpu" not in job["TRES"] + job.get("TresPerJob", "")


def test_trainings_that_share_a_job_take_turns_on_one_gpu(cluster, fresh_project):
    project = fresh_project(**ON_GPUS, trainings_per_job="2", training_minutes="10")
    parameters = project.folder / "params.yaml"
    values = yaml.safe_load(parameters.read_text())
    values["suites"]["tiny"]["methods"] = ["surp", "global_magnitude"]
    parameters.write_text(yaml.safe_dump(values))
    first = "results/tiny/pictures/lenet300_100/seed0/{}/tiny/round1/weights.safetensors"
    run = project.cluster(first.format("surp"), first.format("global_magnitude"))
    assert run.returncode == 0, run.stdout
    pretrain, trainings = jobs(project.folder)
    assert pretrain["TimeLimit"] == "00:10:00"
    assert trainings["TresPerJob"].endswith("gpu:a100:1")
    assert trainings["TimeLimit"] == "00:50:00"  # twice the training, and the two prunings side by side
