"""Training from scratch with a mask: what RigL, SNIP and the gradual schedule promise at every step."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest
import torch
from torch import nn

import forked
from surp import registry, sparse_training
from surp.errors import ParameterError
from surp.sparse_training.interface import UpdateParameters, UpdateProblem
from surp.sparse_training.methods.gradual import survivors_at
from surp.sparse_training.training import SparseTraining
from surp.stages.train_sparse import train_sparse
from surp.tensors.layout import Layout, join
from surp.tensors.safetensors_file import read_state
from surp.tensors.state import sparsity

METHODS = sparse_training.names()
SETTINGS = ["epochs=4", "batch_size=32", "learning_rate=0.05"]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5))


def training(method, share=0.8, model=None, **parameters):
    chosen = sparse_training.method(method).Parameters(**parameters)
    model = model or network()
    rng = np.random.default_rng(0)
    importance = {name: rng.random(value.shape) for name, value in model.named_parameters()}
    return SparseTraining(model, method, chosen, share, rng, importance if chosen.measured != "none" else None)


def often(method, every):
    """The settings of a method that changes its mask every so many steps; none of one whose mask stays."""
    return {"every": every} if "every" in sparse_training.method(method).Parameters.model_fields else {}


def in_time(method):
    """The same of a short training on few images, for the command line."""
    settings = often(method, 3)
    settings |= {"calibration": 50} if sparse_training.method(method).Parameters().measured != "none" else {}
    return [f"{key}={value}" for key, value in settings.items()]


def train_step(sparse, optimizer, images, labels, step, steps):
    """What the loop does with a batch."""
    optimizer.zero_grad()
    nn.functional.cross_entropy(sparse.network(images), labels).backward()
    if not sparse.update(optimizer, step, steps):
        optimizer.step()
    with torch.no_grad():
        for name, value in sparse.network.named_parameters():
            value.mul_(sparse.masks[name])


def train(sparse, steps=40):
    """Survivors of each tensor after each step of plain SGD on random pictures."""
    optimizer = torch.optim.SGD(sparse.network.parameters(), lr=0.1, momentum=0.9)
    images, labels = torch.randn(64, 20), torch.randint(5, (64,))
    counts = []
    for step in range(steps):
        train_step(sparse, optimizer, images, labels, step, steps)
        counts.append({name: int(mask.sum()) for name, mask in sparse.masks.items()})
    return counts


@pytest.mark.parametrize("method", METHODS)
def test_training_ends_with_exactly_the_sparsity_wanted(method):
    sparse = training(method, **often(method, 5))
    last = train(sparse)[-1]
    size = sum(value.numel() for value in sparse.network.parameters())
    assert sum(last.values()) == size - round(0.8 * size)
    assert (
        sparsity({name: value.detach().numpy() for name, value in sparse.network.named_parameters()}) >= 0.8 - 1 / size
    )


def test_rigl_keeps_the_count_of_every_tensor_at_every_step_and_moves_the_weights():
    sparse = training("rigl", every=5)
    first = {name: mask.clone() for name, mask in sparse.masks.items()}
    counts = train(sparse)
    assert all(count == counts[0] for count in counts)
    assert any(not torch.equal(first[name], mask) for name, mask in sparse.masks.items())


def test_rigl_grows_where_the_gradient_is_largest_and_drops_the_smallest():
    rigl = sparse_training.method("rigl")
    vector, layout = join({"w": np.array([[5.0, 0.1, 3.0, 0.0, 0.0, 0.0]])})
    gradient = np.array([0.0, 0.0, 0.0, 1.0, 9.0, 2.0])
    problem = UpdateProblem(1, 10**6, vector, gradient, vector != 0, layout, 3)
    alive = rigl.update(problem, rigl.Parameters(alpha=0.4))
    assert alive.tolist() == [True, False, True, False, True, False]


def test_what_rigl_grows_starts_at_zero_without_momentum():
    sparse = training("rigl", every=1)
    before = {name: mask.clone() for name, mask in sparse.masks.items()}
    optimizer = torch.optim.SGD(sparse.network.parameters(), lr=0.1, momentum=0.9)
    train_step(sparse, optimizer, torch.randn(8, 20), torch.randint(5, (8,)), 0, 100)
    train_step(sparse, optimizer, torch.randn(8, 20), torch.randint(5, (8,)), 1, 100)
    named = dict(sparse.network.named_parameters())
    grown = {name: (mask > before[name]) for name, mask in sparse.masks.items()}
    assert sum(int(mask.sum()) for mask in grown.values()) > 0
    for name, mask in grown.items():
        assert (named[name][mask] == 0).all()
        assert (optimizer.state[named[name]]["momentum_buffer"][mask] == 0).all()


def test_the_gradual_schedule_is_cubic_and_ends_in_time():
    parameters = sparse_training.method("gradual").Parameters(every=10, begin=0.1, until=0.7)
    weights = np.ones(1000)
    problems = [
        UpdateProblem(step, 100, weights, weights, weights > 0, Layout.line(1000), 50) for step in range(0, 100, 10)
    ]
    at = [survivors_at(problem, parameters) for problem in problems]
    assert at[:2] == [1000, 1000]
    assert at[4] == 50 + round(950 * 0.5**3)
    assert at[7:] == [50, 50, 50]
    assert at == sorted(at, reverse=True)


def test_gradual_pruning_never_revives_a_weight():
    sparse = training("gradual", every=5)
    previous = {name: mask.clone() for name, mask in sparse.masks.items()}
    for _ in range(3):
        train(sparse, 20)
        assert all((mask <= previous[name]).all() for name, mask in sparse.masks.items())
        previous = {name: mask.clone() for name, mask in sparse.masks.items()}


def test_snip_never_changes_its_mask():
    sparse = training("snip")
    first = {name: mask.clone() for name, mask in sparse.masks.items()}
    train(sparse)
    assert all(torch.equal(first[name], mask) for name, mask in sparse.masks.items())


@pytest.mark.parametrize("method", METHODS)
def test_buffers_neither_count_nor_are_pruned(method):
    model = nn.Sequential(nn.Linear(20, 30), nn.BatchNorm1d(30), nn.Linear(30, 5))
    with torch.no_grad():
        model[1].bias.fill_(0.1)  # at its initial 0 it could not survive
    counts = train(training(method, 0.8, model, **often(method, 5)), 20)[-1]
    total = sum(value.numel() for value in model.parameters())
    assert sum(counts.values()) == total - round(0.8 * total)
    assert model[1].running_var.all()


def train_stage(method, splits, output, **more):
    """4 epochs of 10 batches, as a stage. On the CPU, so that it can go on in a fork."""
    arguments = (splits[0], "lenet300_100", method, 0.9, output, in_time(method), SETTINGS)
    train_sparse(*arguments, validation=100, device="cpu", **more)


@pytest.mark.trains
@pytest.mark.parametrize("method", METHODS)
def test_a_run_killed_after_an_epoch_ends_with_the_weights_of_an_uninterrupted_one(
    method, splits, tmp_path, monkeypatch, capfd
):
    """So the same run twice gives the same weights, and as sparse as wanted."""
    whole, output = tmp_path / "whole.safetensors", tmp_path / "weights.safetensors"
    forked.killed_after_epoch(2, monkeypatch)
    assert forked.run(lambda: train_stage(method, splits, output)) == -signal.SIGKILL
    assert not output.exists()
    train_stage(method, splits, output, metrics=output.with_suffix(".json"))
    assert "resuming after epoch 2/4" in capfd.readouterr().err
    train_stage(method, splits, whole)
    assert output.read_bytes() == whole.read_bytes()
    assert sparsity(read_state(whole)[0]) == pytest.approx(0.9, abs=1e-5)
    assert json.loads(output.with_suffix(".json").read_text())["seconds_train"] > 0


def test_a_training_too_short_for_the_first_pruning_is_refused(splits, tmp_path):
    with pytest.raises(ParameterError, match=r"every: 100 steps, but only 30 of the training's 40 .*until 0\.75"):
        train_sparse(splits[0], "lenet300_100", "gradual", 0.9, tmp_path / "w", [], SETTINGS, validation=100)


def test_a_method_that_prunes_trained_networks_is_refused(splits, tmp_path):
    with pytest.raises(ParameterError, match="--method lamp: prunes trained networks"):
        train_sparse(splits[0], "lenet300_100", "lamp", 0.9, tmp_path / "w.safetensors", validation=100)


def test_the_methods_of_the_folder_are_those_whose_parameters_say_that_they_train():
    for name in registry.names("methods"):
        assert registry.load("methods", name).Parameters().trains == (name in METHODS)


def test_a_mask_changes_only_when_it_is_due():
    parameters = UpdateParameters(every=10, until=0.5)
    assert [step for step in range(100) if parameters.due(step, 100)] == [10, 20, 30, 40, 50]
