"""Measures: of networks on splits, and of descriptions on weights."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from surp.errors import SurpError
from surp.evaluate.distortion import distortion
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
    error, reference = distortion(before, after, "all")
    assert error == pytest.approx((0.8 + 0.5) / (0.6 + 0.8 + 1.0))
    assert reference is None, "the weights were sparse already: no Laplacian"


def test_the_laplacian_reference_is_the_rate_at_the_distortion_reached():
    weights = np.random.default_rng(0).laplace(0, 1, (100, 200))
    error, reference = distortion({"w": weights}, {"w": np.round(weights * 2) / 2}, "all")
    assert reference == pytest.approx(-math.log2(error), rel=1e-6)
