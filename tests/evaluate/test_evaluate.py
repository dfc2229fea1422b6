"""Measures: of networks on splits, of descriptions on weights, and the table they end in."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest

from surp.errors import SurpError
from surp.evaluate.distortion import distortion_columns
from surp.evaluate.overview import overview, read_table
from surp.evaluate.table import COLUMNS, read_rows, write_table
from surp.models import build, get_state
from surp.stages.evaluate import evaluate
from surp.tensors.safetensors_file import write_state


@pytest.fixture
def constant(tmp_path):
    """A network that always answers with the class 2, as certain as e^5 to 3."""
    state = {name: np.zeros_like(value) for name, value in get_state(build("lenet300_100", 4, (1, 28, 28))).items()}
    state["fc3.bias"][2] = 5
    write_state(tmp_path / "constant.safetensors", state)
    return tmp_path / "constant.safetensors"


def test_accuracy_and_likelihood_are_those_of_the_split(constant, splits, tmp_path):
    evaluate([constant, constant], "lenet300_100", splits[1], tmp_path / "m.json", train=splits[0], validation=100)
    rows = json.loads((tmp_path / "m.json").read_text())
    assert len(rows) == 2
    certain = math.log(math.exp(5) + 3)
    assert rows[0]["accuracy"] == 0.25
    assert rows[0]["nll"] == pytest.approx(0.25 * (certain - 5) + 0.75 * certain, rel=1e-5)
    assert rows[0]["sparsity"] == pytest.approx(1 - 1 / 266_004)
    assert 0.1 < rows[0]["val_accuracy"] < 0.4


def test_columns_of_the_stages_before_and_of_the_dense_model_join_the_row(constant, splits, tmp_path):
    (tmp_path / "r.json").write_text('{"seed": 3, "bytes": 17}')
    (tmp_path / "t.json").write_text('[{"seconds_decode": 0.5}]')
    (tmp_path / "d.json").write_text('[{"accuracy": 0.9}]')
    evaluate(
        [constant],
        "lenet300_100",
        splits[1],
        tmp_path / "m.json",
        record=[tmp_path / "r.json"],
        decoded=[tmp_path / "t.json"],
        dense=tmp_path / "d.json",
    )
    row = json.loads((tmp_path / "m.json").read_text())[0]
    assert (row["seed"], row["bytes"], row["seconds_decode"], row["dense_accuracy"]) == (3, 17, 0.5, 0.9)
    assert "torch" in row["versions"]


def test_a_record_too_few_is_refused(constant, splits, tmp_path):
    with pytest.raises(SurpError, match="2 checkpoints, but 1 times --record"):
        evaluate([constant] * 2, "lenet300_100", splits[1], tmp_path / "m.json", record=[tmp_path / "r.json"])


def test_distortion_is_relative_to_the_mean_magnitude_of_normalised_tensors():
    before = {"a": np.array([3.0, 4.0]), "b": np.array([[0.0, 2.0]])}
    after = {"a": np.array([3.0, 0.0]), "b": np.array([[0.0, 1.0]])}
    columns = distortion_columns(before, after, "all")
    assert columns["distortion_l1"] == pytest.approx((0.8 + 0.5) / (0.6 + 0.8 + 1.0))
    assert columns["laplacian_reference"] == "", "the weights were sparse already: no Laplacian"


def test_the_laplacian_reference_is_the_rate_at_the_distortion_reached():
    weights = np.random.default_rng(0).laplace(0, 1, (100, 200))
    columns = distortion_columns({"w": weights}, {"w": np.round(weights * 2) / 2}, "all")
    assert columns["laplacian_reference"] == pytest.approx(-math.log2(columns["distortion_l1"]), rel=1e-6)


def test_the_table_is_sorted_and_has_every_column_once(tmp_path):
    rows = [{"dataset": "m", "round": k, "seed": s, "bytes": 1, "unknown": 2} for k in (10, 2) for s in (1, 0)]
    write_table(tmp_path / "summary.csv", rows)
    with (tmp_path / "summary.csv").open() as stream:
        back = list(csv.DictReader(stream))
    assert [(row["round"], row["seed"]) for row in back] == [("2", "0"), ("2", "1"), ("10", "0"), ("10", "1")]
    assert tuple(back[0]) == COLUMNS
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_rows_can_be_joined_in_two_steps(tmp_path):
    rows = [{"dataset": "m", "seed": seed} for seed in range(4)]
    write_table(tmp_path / "a.json", rows[2:])
    write_table(tmp_path / "b.json", rows[:2])
    assert sorted(read_rows([tmp_path / "a.json", tmp_path / "b.json"]), key=lambda row: row["seed"]) == rows


def test_a_file_that_holds_no_rows_is_named(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(SurpError, match=r"x\.json: expected a list of rows"):
        read_rows([tmp_path / "x.json"])


def test_the_overview_leaves_out_axes_with_one_value_and_averages_over_seeds(tmp_path):
    common = {"dataset": "m", "model": "l", "schedule": "s", "quantizer": "q", "coder": "c", "target": "sparsity 0.9"}
    rows = [
        {**common, "method": method, "seed": seed, "bytes": 100 + seed, "ratio": 10, "bits_per_weight": 0.5}
        | {"accuracy": 0.9 + 0.01 * seed, "dense_accuracy": 0.95}
        for method in ("a", "b")
        for seed in (0, 2)
    ]
    write_table(tmp_path / "summary.csv", rows)
    shown = overview(read_table(tmp_path / "summary.csv"))
    assert [row["method"] for row in shown] == ["a", "b"]
    assert shown[0] == {
        "method": "a",
        "seeds": "2",
        "bytes": "101",
        "ratio": "10",
        "bits/weight": "0.500",
        "accuracy %": "91.00 ± 1.41",
        "dense %": "95.00",
    }


def test_a_table_that_is_none_is_named(tmp_path):
    with pytest.raises(SurpError, match="no such file"):
        read_table(tmp_path / "summary.csv")
    (tmp_path / "summary.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SurpError, match="lacks the columns dataset"):
        read_table(tmp_path / "summary.csv")
