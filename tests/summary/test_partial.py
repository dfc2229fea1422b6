"""A table of what is there: every row that a suite has so far, and for each other one the file it lacks."""

from __future__ import annotations

import csv
from pathlib import Path

from surp.files import write_json
from surp.records.columns import AXES
from surp.summary.partial import Expected, write_partial


def _expected(top: Path, method: str, quantizer: str) -> Expected:
    axes = ("mnist", "lenet5_caffe", "0", method, "one_shot", "1", quantizer, "adaptive")
    place = top / method
    names = ("weights.safetensors", f"{quantizer}/levels.safetensors", "metrics.json")
    return Expected(axes, tuple(place / name for name in names))


def test_rows_that_are_there_make_a_table_and_the_others_a_list(tmp_path):
    suite = [_expected(tmp_path, m, q) for m in ("surp", "lamp", "snip") for q in ("uniform", "codebook")]
    measured = dict(zip(AXES, suite[0].axes, strict=True)) | {"seed": 0, "round": 1, "accuracy": 0.9}
    write_json(tmp_path / "surp/metrics.json", [measured, {**measured, "quantizer": "gone"}])
    for path in (tmp_path / "lamp").joinpath("weights.safetensors"), tmp_path / "surp/weights.safetensors":
        path.parent.mkdir(exist_ok=True)
        path.touch()
    told = write_partial(suite, tmp_path / "partial.csv", tmp_path / "missing.csv", tmp_path / "log")
    with (tmp_path / "partial.csv").open() as stream:
        [row] = csv.DictReader(stream)
    assert (row["method"], row["quantizer"], row["accuracy"]) == ("surp", "uniform", "0.9")
    with (tmp_path / "missing.csv").open() as stream:
        missing = {(row["method"], row["quantizer"]): row["lacks"] for row in csv.DictReader(stream)}
    assert missing == {
        ("surp", "codebook"): str(tmp_path / "surp/codebook/levels.safetensors"),
        ("lamp", "uniform"): str(tmp_path / "lamp/uniform/levels.safetensors"),
        ("lamp", "codebook"): str(tmp_path / "lamp/codebook/levels.safetensors"),
        ("snip", "uniform"): str(tmp_path / "snip/weights.safetensors"),
        ("snip", "codebook"): str(tmp_path / "snip/weights.safetensors"),
    }
    assert told.splitlines()[0] == f"1 of 6 rows -> {tmp_path / 'partial.csv'}"
    assert "  weights.safetensors: 2 rows" in told


def test_a_whole_suite_lacks_nothing_and_an_empty_one_everything(tmp_path):
    suite = [_expected(tmp_path, "surp", "uniform")]
    assert "0 of 1 rows" in write_partial(suite, tmp_path / "partial.csv", tmp_path / "missing.csv", tmp_path / "log")
    write_json(tmp_path / "surp/metrics.json", [dict(zip(AXES, suite[0].axes, strict=True))])
    told = write_partial(suite, tmp_path / "partial.csv", tmp_path / "missing.csv", tmp_path / "log")
    assert told == f"1 of 1 rows -> {tmp_path / 'partial.csv'}"
    assert (tmp_path / "missing.csv").read_text().count("\n") == 1
