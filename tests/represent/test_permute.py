"""Reordered hidden units: the same function, the same numbers, side by side what codes well."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from surp import registry
from surp.cli import app
from surp.errors import UnknownNameError, WeightsError
from surp.files import read_json
from surp.models import build, get_state, set_state
from surp.represent.permute import best_order, permute, reorder
from surp.represent.wiring import WIRED, Place, wiring
from surp.tensors.levels_file import read_levels
from surp.tensors.safetensors_file import write_state

CLASSES = 10


def network(name):
    """A network in float64 whose norms and running statistics differ from unit to unit."""
    torch.manual_seed(0)
    module = build(name, CLASSES, registry.load("models", name).SHAPE)
    rng = np.random.default_rng(0)
    state = get_state(module)
    for key, tensor in state.items():
        if tensor.dtype.kind == "f" and tensor.ndim == 1:
            state[key] = rng.uniform(0.5, 1.5, tensor.shape).astype(np.float32)
    set_state(module, state)
    return module.double().eval(), state


def outputs(module, state):
    shape = registry.load("models", module.NAME).SHAPE
    wide = {key: value.astype(np.float64) if value.dtype.kind == "f" else value for key, value in state.items()}
    set_state(module, wide)
    images = torch.from_numpy(np.random.default_rng(1).normal(size=(2, *shape)))
    with torch.no_grad():
        return module(images).numpy()


@pytest.fixture(scope="module", params=sorted(WIRED))
def wired(request):
    module, state = network(request.param)
    module.NAME = request.param
    return request.param, module, state


def test_any_order_of_the_hidden_units_leaves_the_function_as_it_was(wired):
    name, module, state = wired
    rng = np.random.default_rng(2)
    orders = [rng.permutation(len(group[0].at)) for group in wiring(name)]
    changed = reorder(state, wiring(name), orders)
    assert any(not np.array_equal(changed[key], state[key]) for key in state)
    np.testing.assert_allclose(outputs(module, changed), outputs(module, state), rtol=1e-9, atol=1e-12)


def test_permuting_leaves_the_function_as_it_was(wired):
    name, module, state = wired
    pruned = {key: np.where(np.abs(value) > np.quantile(np.abs(value), 0.8), value, 0) for key, value in state.items()}
    pruned = {key: value if value.ndim >= 2 else state[key] for key, value in pruned.items()}
    changed = permute(pruned, name)
    assert list(changed) == list(pruned)
    assert all(changed[key].dtype == pruned[key].dtype for key in pruned)
    np.testing.assert_allclose(outputs(module, changed), outputs(module, pruned), rtol=1e-9, atol=1e-12)


def test_every_hidden_axis_is_wired_exactly_once(wired):
    name, _, state = wired
    matrices = [key for key in state if state[key].ndim >= 2]
    hidden = {(key, axis) for key in matrices for axis in (0, 1)}
    hidden -= {(matrices[0], 1), (matrices[-1], 0)}
    hidden |= {(key, 0) for key in state if state[key].ndim == 1 and key != matrices[-1].replace("weight", "bias")}
    covered: dict[tuple[str, int], list[int]] = {}
    for place in (place for group in wiring(name) for place in group):
        inside = [unit * place.block + k for unit in place.at for k in range(place.block)]
        covered.setdefault((place.tensor, place.axis), []).extend(inside)
    assert set(covered) == hidden
    assert all(sorted(at) == list(range(state[key].shape[axis])) for (key, axis), at in covered.items())


def test_the_inverse_order_restores_every_bit(wired):
    name, _, state = wired
    rng = np.random.default_rng(3)
    orders = [rng.permutation(len(group[0].at)) for group in wiring(name)]
    back = reorder(reorder(state, wiring(name), orders), wiring(name), [np.argsort(order) for order in orders])
    assert all(np.array_equal(back[key], state[key]) for key in state)


def test_units_that_keep_the_same_inputs_stand_side_by_side():
    inputs = np.kron(np.eye(3), np.ones((1, 5)))
    weights = inputs[[0, 1, 2, 0, 1, 2, 0, 1, 2]]
    order = best_order({"w": weights}, (Place("w", 0, tuple(range(9))),))
    assert [unit % 3 for unit in order] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_units_that_cannot_be_told_apart_stay_in_order(value):
    order = best_order({"w": np.full((6, 4), value)}, (Place("w", 0, tuple(range(6))),))
    assert list(order) == list(range(6))


def test_weights_of_another_network_are_refused_by_name():
    _, state = network("lenet300_100")
    with pytest.raises(WeightsError, match=r"conv1\.weight"):
        permute(state, "lenet5_caffe")
    wider = {**state, "fc2.weight": np.zeros((100, 301), np.float32)}
    with pytest.raises(WeightsError, match=r"fc2\.weight.*\(100, 301\).*300"):
        permute(wider, "lenet300_100")


def test_a_model_without_declared_wiring_is_answered_with_those_that_have_one():
    with pytest.raises(UnknownNameError, match="lenet300_100"):
        permute({}, "lenet")


@pytest.mark.parametrize("option", [[], ["--permute", "lenet300_100"]])
def test_quantize_reorders_only_when_asked_and_says_so(tmp_path, option):
    _, state = network("lenet300_100")
    write_state(tmp_path / "w.safetensors", state)
    output, record = tmp_path / "l.safetensors", tmp_path / "l.json"
    command = ["quantize", tmp_path / "w.safetensors", *option, "-o", output, "--metrics", record]
    result = CliRunner().invoke(app, [str(word) for word in command])
    assert result.exit_code == 0, result.output
    assert read_json(record)["permuted"] is bool(option)
    expected = permute(state, "lenet300_100") if option else state
    signs = np.sign(read_levels(output).levels["fc3.weight"])
    assert np.array_equal(signs, np.where(signs == 0, 0, np.sign(expected["fc3.weight"])))
    assert np.array_equal(expected["fc3.weight"], state["fc3.weight"]) is not bool(option)
