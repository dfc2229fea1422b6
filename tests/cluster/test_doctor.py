"""`surp doctor` on the test cluster: what it finds wrong, what it says to change, and that runs are stopped by it."""

from __future__ import annotations

import pytest
from tiny_project import ON_CPUS, ON_GPUS

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def test_a_profile_that_suits_the_cluster_passes_with_tiny_jobs_and_leaves_nothing(cluster, fresh_project):
    project = fresh_project(**ON_CPUS)
    before = sorted(path.name for path in project.folder.iterdir())
    told = project.run("surp", "doctor")
    assert told.returncode == 0, told.stdout
    assert told.stdout.count("the folder is shared and writable there") == 2
    assert "slurm: this cluster can run the workflow" in told.stdout
    assert sorted(path.name for path in project.folder.iterdir()) == before


def test_a_gpu_that_torch_does_not_see_is_told(cluster, fresh_project):
    told = fresh_project(**ON_GPUS).run("surp", "doctor")
    assert told.returncode == 1
    assert "sees no GPU (CUDA_VISIBLE_DEVICES=" in told.stdout


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"partition": '"nope"'},
            "no partition 'nope'\n        -> in the profile, set partition: gpu, main, urgent",
        ),
        ({"gpus": "1"}, "asks for a GPU, but partition main has none\n        -> in the profile, set gpus: 0"),
        ({**ON_GPUS, "gpu_model": '"h100"'}, "asks for a GPU of type 'h100'; partition gpu has: a100"),
        ({"training_minutes": "3000"}, "training: asks for 3000 minutes; partition main gives 2880 at most"),
        (
            {"training_mem_mb": "9000"},
            "the last attempt asks for 27000 MB; the largest node of",
        ),
        (
            {"coding_gpus": "1"},
            "main has none\n        -> in the profile, set coding_gpus: 0",
        ),
        ({"constraint": '"slow"'}, "Invalid feature specification"),
        ({"slurm_extra": '"--no-such-option"'}, "unrecognized option '--no-such-option'"),
        ({"training_mem_mb": "99000"}, "training: asks for 99000 MB; the largest node of partition main has 16000"),
        (
            {"cpus_per_job": "64", "coding_mem_mb": "10", "files": "100"},
            "asks for 64 CPUs; the largest node of partition main has 4",
        ),
        ({"account": '"nobodys"'}, "account: 'nobodys'"),
        ({"poll_seconds": "5000"}, "in the profile, set poll_seconds: 1200 (or less)"),
        ({"gpus": "2"}, "slurm/config.yaml.gpus: Input should be less than or equal to 1 (got 2)"),
    ],
)
def test_what_does_not_suit_the_cluster_is_named_with_what_to_change(cluster, fresh_project, settings, text):
    files = [f"--files={settings['files']}"] if "files" in settings else []
    project = fresh_project(**{key: value for key, value in settings.items() if key != "files"})
    told = project.run("surp", "doctor", "--quick", *files)
    assert told.returncode == 1
    assert text in told.stdout


def test_the_status_command_that_suits_is_told(accounting, fresh_project):
    told = fresh_project(status_command="sacct").run("surp", "doctor", "--quick")
    assert (told.returncode == 0) == accounting
    assert ("in the profile, set status_command: squeue" in told.stdout) != accounting


def test_a_run_on_a_cluster_that_does_not_suit_submits_nothing(cluster, fresh_project):
    project = fresh_project(partition='"nope"')
    run = project.cluster("all")
    assert run.returncode == 1
    assert "no partition 'nope'" in run.stdout
    assert not (project.folder / "results").exists()
