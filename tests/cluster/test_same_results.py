"""The whole workflow on the test cluster: the bytes of a local run, in few submissions, with the options asked for."""

from __future__ import annotations

import pytest
from tiny_project import ON_CPUS, ON_GPUS, jobs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

DENSE = "results/dense/pictures/lenet300_100/tiny/seed0"
TRAIN, FILES = (f"rule_{kind}.pictures.lenet300_100.seed0.surp.tiny.round{{}}_{{}}" for kind in ("train", "files"))


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
    options = {"constraint": '"fast"', "slurm_extra": '"--nice=7"', "training_slurm_extra": '"--nice=8"'}
    project = fresh_project(**ON_CPUS, **options, **more)
    run = project.cluster("all")
    assert run.returncode == 0, run.stdout
    return project, {job["Comment"].split("_wildcards")[0]: job for job in jobs(project.folder)}


def test_a_run_on_the_cluster_gives_the_bytes_of_a_local_run(built, local):
    results = built[0].results()
    assert results.keys() == local.keys()
    assert [path for path in local if results[path] != local[path]] == []
    assert sum(path.endswith("model.surp") for path in local) == 4


def test_each_round_is_trained_in_one_job_and_coded_in_another(built):
    trained = {TRAIN.format(k, "finetune_prune"): "04:10:00" for k in (1, 2)}
    coded = {FILES.format(k, "decode_encode_evaluate_quantize"): "00:40:00" for k in (1, 2)}
    limits = {"rule_pretrain": "04:00:00", "rule_evaluate_dense": "00:10:00", **trained, **coded}
    assert {name: job["TimeLimit"] for name, job in built[1].items()} == limits
    assert len(jobs(built[0].folder)) == 6
    assert all(job["NumCPUs"] == ("2" if name in coded else "1") for name, job in built[1].items())


def test_constraint_and_further_options_are_those_of_the_profile(built):
    for name, job in built[1].items():
        training = "pretrain" in name or "finetune" in name
        assert (job["Features"], job["Nice"]) == ("fast", "8" if training else "7"), name


def test_the_profile_as_it_is_shipped_asks_for_no_gpu(built):
    for job in built[1].values():
        assert job["Partition"] == "main"
        assert "gpu" not in job["TRES"] + job.get("TresPerJob", "")


def test_a_second_run_has_nothing_to_do(built):
    before = len(jobs(built[0].folder))
    assert "Nothing to be done" in built[0].cluster("all").stdout
    assert len(jobs(built[0].folder)) == before


def test_a_training_that_asks_for_a_gpu_gets_it_or_fails(cluster, fresh_project):
    """The GPUs of the test cluster are none: torch sees no GPU, and the CPU is not taken instead."""
    project = fresh_project(**ON_GPUS)
    run = project.cluster("--retries", "0", "--", f"{DENSE}/weights.safetensors")
    assert run.returncode == 1
    [job] = jobs(project.folder)
    assert job["Partition"] == "gpu"
    assert job["TresPerJob"].endswith("gpu:a100:1")
    told = (project.folder / DENSE / "pretrain.log").read_text()
    assert told == "surp: error: --device 'cuda': a GPU was asked for, but torch sees no GPU on this machine\n"
