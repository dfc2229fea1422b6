"""The profile and what SLURM says, read without a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from surp.cluster.profile import named_profile, read_profile
from surp.cluster.slurm import gpus_of, leading_number, minutes_of
from surp.errors import ParameterError

SLURM = Path(__file__).parents[2] / "slurm"


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
    training, coding = read_profile(str(SLURM)).requests(files=2)
    assert (training.gpus, training.cpus, coding.cpus) == (0, 1, 4)


def test_gpu_requests_belong_to_trainings_and_vanish_without_gpus():
    shipped, edited = rendered(), rendered(gpus="1", gpu_model="a100", training_partition="gpu", account="lab")
    assert "gpu" not in yaml.safe_dump(shipped["set-resources"])
    asking = {rule for rule, asked in edited["set-resources"].items() if "gpu" in asked}
    assert asking == {"pretrain", "finetune", "train_sparse"}
    assert edited["set-resources"]["finetune"]["gpu_model"] == "a100"
    assert edited["set-resources"]["prune"] == {"slurm_partition": "gpu"}
    assert edited["default-resources"]["slurm_account"] == "lab"


def test_a_key_that_is_none_and_a_file_without_the_block_are_told(tmp_path):
    with pytest.raises(ParameterError, match=r"--profile 'nope': no folder with a config\.yaml"):
        read_profile("nope")
    (tmp_path / "config.yaml").write_text("jobs: 3\n")
    with pytest.raises(ParameterError, match="has no __variables__ block"):
        read_profile(str(tmp_path))
    (tmp_path / "config.yaml").write_text("__variables__: {gpu: 1}\n")
    with pytest.raises(ParameterError, match=r"config\.yaml\.gpu: unknown key"):
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
