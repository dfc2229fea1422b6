"""`surp quantize` with quantizers that are measured on training images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from surp import registry
from surp.errors import ParameterError
from surp.files import read_json
from surp.models import get_state
from surp.provenance.sources import on_disk
from surp.stages.quantize import quantize
from surp.tensors.levels_file import read_levels
from surp.tensors.safetensors_file import write_state
from surp.train import session


def network(*_):
    """In the place of the model that a stage is told: a few weights, for what does not depend on their number."""
    torch.manual_seed(0)
    return nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 20), nn.ReLU(), nn.Linear(20, 4))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "build", network)
    path = tmp_path / "weights.safetensors"
    write_state(path, get_state(network()), {"surp.kind": "weights"})
    return path


@pytest.mark.parametrize(("given", "missing"), [({}, "--train and --model"), ({"model": "lenet300_100"}, "--train$")])
def test_a_calibrated_quantizer_without_images_says_what_it_needs(weights, tmp_path, given, missing):
    with pytest.raises(ParameterError, match=rf"hessian: is measured on training images and needs {missing}"):
        quantize(weights, tmp_path / "levels.safetensors", quantizer="hessian", **given)
    assert not (tmp_path / "levels.safetensors").exists()


def test_levels_of_a_calibrated_quantizer_depend_on_the_seed_of_its_images_alone(weights, tmp_path, splits):
    found = []
    for run, seed in enumerate((0, 0, 1)):
        output, metrics = tmp_path / f"{run}.safetensors", tmp_path / f"{run}.json"
        quantize(
            weights,
            output,
            quantizer="hessian",
            settings=["calibration=40", "sweeps=1", "step_std=2"],
            train=splits[0],
            model="lenet300_100",
            validation=50,
            seed=seed,
            metrics=metrics,
        )
        assert read_json(metrics)["seconds_quantize"] > 0
        found.append(read_levels(output).state())
    assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0])
    assert not np.array_equal(found[0]["2.weight"], found[2]["2.weight"])


def test_more_images_than_the_training_part_has_are_refused(weights, tmp_path, splits):
    with pytest.raises(ParameterError, match=r"calibration: must be from 1 to 350, .* \(got 3000\)"):
        quantize(
            weights, tmp_path / "l.safetensors", quantizer="hessian", train=splits[0], model="lenet300_100",
            validation=50,
        )  # fmt: skip


def test_quantizers_depend_on_the_sources_of_training_only_where_a_rule_names_them():
    for quantizer in registry.names("quantizers"):
        closure = on_disk().closure("stages.quantize", registry.module("quantizers", quantizer))
        assert not {path.partition("/")[0] for path in closure} & {"train", "models", "data"}
