"""A results folder with two rows, written by the stages themselves (no Snakemake), and copies of it to damage."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from surp.stages.collect import collect
from surp.stages.decode import decode
from surp.stages.encode import encode
from surp.stages.evaluate import evaluate
from surp.stages.keep import keep
from surp.stages.metrics import metrics
from surp.stages.pretrain import pretrain
from surp.stages.prune import prune
from surp.stages.quantize import quantize

SEED = Path("results/tiny/pictures/lenet300_100/seed0")
MODEL = "uniform/adaptive/model.surp"


def _round(number: int, dense: Path, test: Path) -> Path:
    folder = SEED / f"global_magnitude/once/round{number}"
    coded = folder / "uniform/adaptive"
    tags = ["suite=tiny", "schedule=once"]
    weights = folder / "weights.safetensors"
    prune(weights=dense, output=weights, sparsity=0.7 + number / 10, method="global_magnitude", round_=number,
          record=dense.with_suffix(".json"), metrics=folder / "weights.json", tag=tags)  # fmt: skip
    levels = folder / "uniform/levels.safetensors"
    quantize(weights, levels, "uniform", record=folder / "weights.json", metrics=levels.with_suffix(".json"))
    encode(levels, coded / "model.surp", record=levels.with_suffix(".json"), metrics=coded / "model.json")
    decode([coded / "model.surp"], [coded / "decoded.safetensors"], metrics=coded / "decoded.json")
    evaluate(
        [coded / "decoded.safetensors"],
        "lenet300_100",
        test,
        folder / "metrics.json",
        record=[coded / "model.json"],
        decoded=[coded / "decoded.json"],
        device="cpu",
    )
    return folder / "metrics.json"


@pytest.fixture(scope="session")
def pristine(splits: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("verify")
    before = Path.cwd()
    os.chdir(top)
    try:
        data = Path("results/data/pictures")
        data.mkdir(parents=True)
        for split in splits:
            shutil.copy2(split, data)
        dense = Path("results/dense/weights.safetensors")
        pretrain(data / "train.safetensors", "lenet300_100", dense, ["epochs=2", "batch_size=32"], recipe="tiny",
                 validation=100, device="cpu", metrics=dense.with_suffix(".json"))  # fmt: skip
        rounds = [_round(number, dense, data / "test.safetensors") for number in (1, 2)]
        collect(rounds, [SEED / "rows.json"])
        collect([SEED / "rows.json"], [Path("results/tiny/summary.csv"), Path("results/summary.csv")])
        metrics(Path("results/summary.csv"), Path("results/tiny/metrics.json"), Path("results/tiny/means.json"))
        shutil.copy2("results/tiny/metrics.json", "results")
        for name in ("accuracy", "comparison", "factors", "matched_size"):
            Path("results/tiny/tables").mkdir(exist_ok=True)
            Path(f"results/tiny/tables/{name}.md").write_text(name)
        keep("tiny")
    finally:
        os.chdir(before)
    return top


@pytest.fixture
def top(pristine: Path, tmp_path: Path) -> Path:
    """A project's top folder whose results may be damaged; the checked-in suite is the same, without files."""
    shutil.copytree(pristine, tmp_path / "top")
    mark = tmp_path / "top/docs/results/tiny/recorded.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"files": {}}))  # one decoding process less
    return tmp_path / "top"
