"""What a clone is told of a suite's files: true of their content, and never of files that were built here otherwise."""

from __future__ import annotations

import json
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path, PurePosixPath

import pytest

from surp.errors import SurpError
from surp.provenance.builds import kept, recall, remember

ROUND = "results/tiny/pictures/net/seed0/surp/once/round1"
TRAIN, DENSE = "results/data/pictures/train.safetensors", "results/dense/pictures/net/short/seed0/weights.safetensors"
OTHERS = "results/dense/pictures/net/short/seed9/weights.safetensors"
PRUNED, CODED = f"{ROUND}/pruned.safetensors", f"{ROUND}/uniform/adaptive/model.surp"
TABLE = "results/tiny/summary.csv"
INPUTS = {TRAIN: [], DENSE: [TRAIN], OTHERS: [TRAIN], PRUNED: [DENSE], CODED: [PRUNED], TABLE: [CODED]}


def record(top: Path, path: str) -> Path:
    """Where Snakemake has its record of `path`."""
    name = urlsafe_b64encode(path.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    return (top / ".snakemake/metadata").joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def build(top: Path, alpha: int) -> None:
    """Files and records as Snakemake leaves them; what depends on `alpha` says so."""
    for path, inputs in INPUTS.items():
        content = f"{path} {alpha if path in (PRUNED, CODED, TABLE) else ''}"
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(content)
        record(top, path).parent.mkdir(parents=True, exist_ok=True)
        record(top, path).write_text(json.dumps({"input": inputs, "params": [f"alpha={alpha}"]}))


def params(top: Path, path: str) -> str | None:
    return json.loads(record(top, path).read_text())["params"][0] if record(top, path).is_file() else None


def pulled(source: Path, top: Path) -> Path:
    """What DVC brings of a suite to another folder, over what is there."""
    for path in source.joinpath("results").rglob("*"):
        place = PurePosixPath(path.relative_to(source))
        if path.is_file() and kept(place) and not place.is_relative_to("results/dense"):
            (top / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, top / place)
    return top


@pytest.fixture
def built(tmp_path):
    build(tmp_path / "built", 10)
    remember(tmp_path / "built", "tiny")
    return tmp_path / "built"


def test_a_clone_gets_the_dense_networks_of_the_suite_and_the_record_of_every_file(built, tmp_path):
    clone = pulled(built, tmp_path / "clone")
    recall(clone, "tiny")
    assert (clone / DENSE).read_bytes() == (built / DENSE).read_bytes()
    assert not (clone / OTHERS).exists()
    assert not (clone / PRUNED).exists()
    for path in (TRAIN, DENSE, PRUNED, CODED, TABLE):
        assert record(clone, path).read_text() == record(built, path).read_text(), path
    assert recall(clone, "tiny") == 0


def test_a_file_of_other_content_is_not_given_the_record(built, tmp_path):
    clone = pulled(built, tmp_path / "clone")
    (clone / DENSE).parent.mkdir(parents=True)
    (clone / DENSE).write_text("trained here")
    recall(clone, "tiny")
    assert (clone / DENSE).read_text() == "trained here"
    assert params(clone, DENSE) is None
    assert params(clone, CODED) == "alpha=10"


def test_what_was_built_here_of_other_parameters_does_not_pass_for_the_version_that_is_checked_out(built, tmp_path):
    here = tmp_path / "here"
    build(here, 12)
    pulled(built, here)
    recall(here, "tiny")
    assert params(here, PRUNED) == "alpha=12"  # the pruned network is still that of 12
    assert params(here, CODED) == params(here, TABLE) == "alpha=10"
    (here / PRUNED).unlink()
    (here / ".snakemake/recalled/tiny").unlink()
    recall(here, "tiny")
    assert params(here, PRUNED) == "alpha=10"  # nothing made of 12 is left


def test_a_suite_that_was_not_built_cannot_be_remembered(tmp_path):
    with pytest.raises(SurpError, match=r"snakemake all --config suite=tiny"):
        remember(tmp_path, "tiny")
