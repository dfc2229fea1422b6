"""Every parameter of every variant changes a result: one that is not read would stand in a table and mean nothing."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Annotated

import numpy as np
import pytest
import torch
from torch import nn

import each_parameter
from surp import registry
from surp.errors import DivergedError, ParameterError
from surp.parameters import Frozen, ReadUnless
from surp.stages import prune as prune_stage
from surp.stages import quantize as quantize_stage
from surp.tensors.safetensors_file import read_state, write_state
from surp.train.distillation import Teacher
from surp.train.loop import Trainer
from surp.train.recipe import Finetune
from surp.train.session import Session


def cases(folder):
    models = {name: registry.load(folder, name).Parameters for name in registry.names(folder)}
    return [(name, parameter) for name, model in models.items() for parameter in each_parameter.names(model)]


def given(settings):
    """As on a command line."""
    return [f"{key}={json.dumps(value)}" for key, value in settings.items()]


def content(path):
    return {name: value.tobytes() for name, value in read_state(path)[0].items()}


@pytest.fixture
def weights(tmp_path):
    rng = np.random.default_rng(0)
    state = {"conv.weight": rng.laplace(0, 0.1, (6, 3, 3, 3)), "fc.bias": rng.laplace(0, 0.1, 10)}
    state["fc.weight"] = rng.laplace(0, 0.5, (10, 40))
    write_state(tmp_path / "w.safetensors", {name: value.astype(np.float32) for name, value in state.items()})
    return tmp_path / "w.safetensors"


def drawn_importance(shapes, kind, images):
    """Another for each kind and each number of images."""
    rng = np.random.default_rng([images, *kind.encode()])
    return {name: rng.exponential(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(("method", "parameter"), cases("methods"))
def test_each_parameter_of_a_pruning_method_changes_who_survives_or_what(method, parameter, weights, monkeypatch):
    model = registry.load("methods", method).Parameters
    result = trained_from_scratch if model().trains else pruned
    assert each_parameter.changes(model, parameter, lambda s: result(method, s, weights, monkeypatch))


def pruned(method, settings, weights, monkeypatch):
    shapes = {name: value.shape for name, value in read_state(weights)[0].items()}
    monkeypatch.setattr(
        "surp.train.calibration.open_calibration",
        lambda _, images, *__, **___: SimpleNamespace(importance=lambda kind: drawn_importance(shapes, kind, images)),
    )
    measured = registry.load("methods", method).Parameters.parse(settings, "").measured != "none"
    images = {"train": Path("train"), "model": "lenet300_100"} if measured else {}
    output = weights.with_name("pruned.safetensors")
    prune_stage.prune(weights, output, sparsity=0.8, method=method, settings=given(settings), **images)
    return content(output)


def trained_from_scratch(method, settings, weights, monkeypatch):
    """Masks and weights after 300 steps of a network of 800 weights."""
    from surp.stages.train_sparse import _masks

    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5))
    shapes = {name: tuple(value.shape) for name, value in network.named_parameters()}
    monkeypatch.setattr("surp.train.calibration.calibration_images", lambda _, images, *__: (images, None))
    monkeypatch.setattr("surp.train.session.evaluation_batches", lambda images, *_: images)
    monkeypatch.setattr("surp.train.importance.measure", lambda kind, _, images: drawn_importance(shapes, kind, images))
    parameters = registry.load("methods", method).Parameters.parse(settings, "")
    sparse = _masks(network, method, parameters, 0.8, Path("train"), SimpleNamespace(device="cpu"), 100, 0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    images, labels = torch.randn(32, 20), torch.randint(5, (32,))
    for step in range(300):
        nn.functional.cross_entropy(network(images), labels).backward()
        if not sparse.update(optimizer, step, 300):
            optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            for name, mask in sparse.masks.items():
                network.get_parameter(name).mul_(mask)
    return [value.detach().numpy().tobytes() for value in (*network.parameters(), *sparse.masks.values())]


@pytest.fixture(scope="module")
def network():
    from quantize.tiny_network import tiny

    return tiny(sparse=True)


@pytest.mark.parametrize(("quantizer", "parameter"), cases("quantizers"))
def test_each_parameter_of_a_quantizer_changes_what_it_makes(quantizer, parameter, network, tmp_path, monkeypatch):
    from quantize.tiny_network import calibration
    from surp.models import get_state

    monkeypatch.setattr(
        "surp.train.calibration.open_calibration", lambda _, images, *__, **___: calibration(network, min(images, 60))
    )
    write_state(tmp_path / "w.safetensors", get_state(network))
    model = registry.load("quantizers", quantizer).Parameters

    def result(settings):
        images = {"train": Path("train"), "model": "m"} if model.parse(settings, "").calibrated else {}
        output = tmp_path / "levels.safetensors"
        quantize_stage.quantize(tmp_path / "w.safetensors", output, quantizer, given(settings), **images)
        return output.read_bytes()

    assert each_parameter.changes(model, parameter, result)


@pytest.mark.parametrize(("coder", "parameter"), cases("coders"))
def test_each_parameter_of_a_coder_changes_the_file(coder, parameter):
    from surp import codec
    from surp.quantize.quantizers import float32, uniform

    rng = np.random.default_rng(0)
    state = {"fc.weight": rng.laplace(size=(60, 80)).astype(np.float32)}
    module = registry.load("coders", coder)
    quantizer = float32 if parameter in getattr(module, "OF_FLOATS", ()) else uniform
    made = quantizer.quantize(state, quantizer.Parameters())

    def result(settings):
        return codec.encode(made, coder=coder, preset=settings.pop("preset", "default"), settings=settings)

    try:
        result({})
    except ParameterError as error:
        pytest.skip(str(error))
    assert each_parameter.changes(module.Parameters, parameter, lambda settings: result(dict(settings)))


@pytest.mark.parametrize("parameter", each_parameter.names(Finetune))
def test_each_parameter_of_a_recipe_changes_the_trained_weights(parameter):
    assert each_parameter.changes(Finetune, parameter, trained)


def trained(settings):
    """A few pictures, two epochs, a teacher where one is asked for."""
    from quantize.tiny_network import images
    from surp.train.restart import train

    recipe = Finetune.parse({"epochs": 2, "batch_size": 20, **settings}, "")
    torch.manual_seed(0)
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(72, 3)) if recipe.distillation else None

    def begin(attempt, checkpoint):
        torch.manual_seed(1)
        batches = images(batch_size=attempt.batch_size, augment=attempt.augment)
        taught = Teacher(teacher, recipe.distillation, recipe.temperature) if teacher else None
        network = nn.Sequential(nn.Flatten(), nn.Linear(72, 3))
        session = Session(batches, batches, batches.info, batches.device, "")
        return Trainer(session, network, attempt, checkpoint, "", teacher=taught)

    with TemporaryDirectory() as folder:
        try:
            _, trainer = train(begin, recipe, Path(folder) / "w.safetensors")
        except DivergedError as error:
            return str(error)
    return [value.detach().numpy().tobytes() for value in trainer.model.parameters()]


@pytest.mark.parametrize(("reader", "parameter"), cases("datasets"))
def test_each_parameter_of_a_reader_changes_the_data_set(reader, parameter, picture_root, tmp_path):
    module = registry.load("datasets", reader)

    def result(settings):
        found = module.load(picture_root, module.Parameters.parse(settings, ""), tmp_path)
        return found.train.images.shape, found.train.images.tobytes(), found.title, found.classes

    assert each_parameter.changes(module.Parameters, parameter, result)


class Toy(Frozen):
    """One parameter that is read, one that is not, one that is read with the first only."""

    used: int = 1
    unused: int = 1
    then: Annotated[int, ReadUnless("used", 1)] = 1


def test_a_parameter_that_nothing_reads_is_found():
    def result(settings):
        toy = Toy.parse(settings, "toy")
        return toy.used, toy.then if toy.used != 1 else 0

    assert {name: each_parameter.changes(Toy, name, result) for name in each_parameter.names(Toy)} == {
        "used": True,
        "unused": False,
        "then": True,
    }


def test_a_setting_that_others_make_meaningless_is_refused():
    with pytest.raises(ParameterError, match="toy: then is not read with used 1"):
        Toy.parse({"then": 1}, "toy")
