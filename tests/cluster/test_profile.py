"""The profile and what SLURM says, read without a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from surp.cluster import limits
from surp.cluster.findings import once
from surp.cluster.profile import named_profile, read_profile
from surp.cluster.requests import RoundWork, requests
from surp.cluster.slurm import Partition, gpus_of, leading_number, minutes_of
from surp.errors import ParameterError
from surp.plan.config import read_config, read_yaml

SLURM = Path(__file__).parents[2] / "slurm"
TRAINING = {"pretrain", "prune", "finetune", "train_sparse"}
LARGE = Partition("large", default=True, up=True, minutes=None, cpus=64, mem_mb=64_000, gpus=())


def rendered(**changes: str) -> dict:
    import yte

    text = (SLURM / "config.yaml").read_text()
    for key, value in changes.items():
        assert f"\n  {key}: " in text
        lines = [f"  {key}: {value}" if line.startswith(f"  {key}: ") else line for line in text.splitlines()]
        text = "\n".join(lines)
    return yte.process_yaml(text, require_use_yte=True)


def test_the_link_at_the_top_is_the_profile_and_its_block_is_valid():
    assert (SLURM / "config.yaml").samefile(SLURM.parent / "profiles/slurm/config.yaml")
    training, round_, files, dense = requests(read_profile(str(SLURM)), RoundWork(quantizers=2, files=5))
    assert (training.gpus, training.cpus, round_.cpus, files.cpus, dense.cpus) == (0, 1, 1, 4, 1)
    assert (round_.minutes, files.minutes) == (240 + 10, 10 * (1 + 2 + 2 + 1))


def test_memory_grows_with_attempts_as_far_as_a_node_has_it_and_time_does_not():
    grown, bounded = rendered(), rendered(node_mem_mb="9000")
    for rule, asked in grown["set-resources"].items():
        first = 4000 if rule in ("pretrain", "finetune", "train_sparse") else 2000
        most = 9000 if rule in ("pretrain", "prune", "finetune", "train_sparse") else 9000 // 4
        assert asked["mem_mb"] == f"{first} * attempt"
        assert bounded["set-resources"][rule]["mem_mb"] == f"min({first} * attempt, {most})"
        assert isinstance(asked["runtime"], int)


def test_our_own_suites_fit_a_day():
    for name in ("quick", "mnist", "fashion_mnist"):
        work = RoundWork.of(read_config({**read_yaml(SLURM.parent / "params.yaml"), "suite": name}))
        day = Partition(**{**vars(LARGE), "name": "day", "minutes": 24 * 60})
        findings = [*limits.requests({"day": day}, requests(read_profile(str(SLURM)), work))]
        assert [finding.text for finding in findings if finding.state != "ok"] == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"minutes": 100}, "pruning and fine-tuning: asks for 250 minutes; partition small gives 100 at most"),
        ({"mem_mb": 10_000}, "the last attempt asks for 12000 MB; the largest node of partition small has 10000"),
        ({"mem_mb": 10_000}, "in the profile, set node_mem_mb: 10000 (or less)"),
        ({"mem_mb": 3000}, "training: asks for 4000 MB; the largest node of partition small has 3000"),
        ({"cpus": 2}, "files of a round: asks for 4 CPUs; the largest node of partition small has 2"),
    ],
)
def test_what_some_attempt_cannot_get_is_refused(changes, text):
    small = Partition(**{**vars(LARGE), "name": "small", **changes})
    findings = limits.requests({"small": small}, requests(read_profile(str(SLURM)), RoundWork(quantizers=5, files=5)))
    assert text in "\n".join(finding.lines() for finding in findings if finding.state == "failed")


def test_a_recipe_with_more_threads_than_a_job_has_is_refused():
    [finding] = limits.threads(read_profile(str(SLURM)), RoundWork(quantizers=1, files=1, threads=8))
    assert (finding.state, finding.change) == ("failed", "in the profile, set cpus_per_job: 8")


@pytest.mark.parametrize("word", ["--time=5", "-p", "--gpus=2", "--qos=x", "-C"])
def test_what_snakemake_sets_by_itself_is_no_further_option(word):
    profile = read_profile(str(SLURM)).model_copy(update={"slurm_extra": f"--nice=5 {word}"})
    findings = list(limits.own_options(requests(profile, RoundWork(quantizers=1, files=1))))
    assert all(f"slurm_extra has {word}, which Snakemake sets by itself" in finding.text for finding in findings)
    assert len(findings) == 4
    assert len(list(once(findings))) == 1


def test_qos_constraint_and_further_options_reach_the_jobs_they_are_for():
    edited = rendered(qos='"normal"', training_qos='"max"', constraint='"skylake|icelake"', slurm_extra='"--nice=100"')
    assert edited["default-resources"]["qos"] == "'normal'"
    assert edited["default-resources"]["constraint"] == "'skylake|icelake'"
    assert edited["default-resources"]["slurm_extra"] == "'--nice=100'"
    assert {rule for rule, asked in edited["set-resources"].items() if "qos" in asked} == TRAINING
    assert edited["set-resources"]["prune"]["qos"] == "'max'"


def test_gpu_requests_belong_to_trainings_and_vanish_without_gpus():
    shipped, edited = rendered(), rendered(gpus="1", gpu_model="a100", training_partition="gpu", account="lab")
    assert "gpu" not in yaml.safe_dump(shipped["set-resources"])
    asking = {rule for rule, asked in edited["set-resources"].items() if "gpu" in asked}
    assert asking == TRAINING
    assert edited["set-resources"]["finetune"]["gpu_model"] == "'a100'"
    assert edited["set-resources"]["prune"]["gpu"] == "int(bool(input.train))"
    assert {asked.get("slurm_partition") for asked in edited["set-resources"].values()} == {None, "'gpu'"}
    assert edited["default-resources"]["slurm_account"] == "'lab'"


def test_a_key_that_is_none_and_a_file_without_the_block_are_told(tmp_path):
    with pytest.raises(ParameterError, match=r"--profile 'nope': no folder with a config\.yaml"):
        read_profile("nope")
    (tmp_path / "config.yaml").write_text("jobs: 3\n")
    with pytest.raises(ParameterError, match="has no __variables__ block"):
        read_profile(str(tmp_path))
    (tmp_path / "config.yaml").write_text("__variables__: {gpu: 1}\n")
    with pytest.raises(ParameterError, match=r"config\.yaml\.gpu: unknown key"):
        read_profile(str(tmp_path))


def test_a_node_that_cannot_hold_the_first_attempt_is_refused(tmp_path):
    text = (SLURM / "config.yaml").read_text().replace("node_mem_mb: 0", "node_mem_mb: 7000")
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ParameterError, match="7000 is less than the 8000 that coding_mem_mb asks for, 4 at"):
        read_profile(str(tmp_path))


def test_the_profile_of_a_run_is_that_of_its_command_line_or_environment(tmp_path):
    assert named_profile(["--profile", str(SLURM), "all"], {}) == str(SLURM)
    assert named_profile([f"--profile={SLURM}", "all"], {}) == str(SLURM)
    assert named_profile(["all"], {"SNAKEMAKE_PROFILE": str(SLURM)}) == str(SLURM)
    assert named_profile(["all"], {}) == ""
    (tmp_path / "config.yaml").write_text("jobs: 3\n")
    assert named_profile(["--profile", str(tmp_path)], {}) == ""


@pytest.mark.parametrize(
    ("limit", "minutes"), [("2-12:00:00", 3600), ("12:30:00", 750), ("30:00", 30), ("infinite", None), ("n/a", None)]
)
def test_time_limits(limit, minutes):
    assert minutes_of(limit) == minutes


@pytest.mark.parametrize(
    ("gres", "gpus"),
    [
        ("gpu:a100:2(S:0-1),nvme:1", (("a100", 2),)),
        ("gpu:4", (("", 4),)),
        ("gpu", (("", 1),)),
        ("nvme:1,gpu:h100_pcie:8", (("h100_pcie", 8),)),
        ("(null)", ()),
    ],
)
def test_gpus(gres, gpus):
    assert gpus_of(gres) == gpus


def test_numbers_with_units():
    assert (leading_number("300 sec"), leading_number("64+"), leading_number("n/a")) == (300, 64, 0)
