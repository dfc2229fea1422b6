"""Importance decides who survives, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from surp import registry
from surp.errors import WeightsError
from surp.prune import Target, run
from surp.prune.weigh import factors
from surp.tensors.layout import flatten


def takes_importance(method):
    """Some methods have no use for it, and refuse it."""
    try:
        registry.load("methods", method).Parameters(importance="fisher")
    except ValidationError:
        return False
    return True


CASES = [
    (method, mode)
    for method in registry.names("methods")
    for mode in (("reference", "embedded") if method == "surp" else (None,))
    if takes_importance(method)
]
DISTORTED = [case for case in CASES if "distortion" in registry.load("methods", case[0]).Parameters().stops]
"""Those that can stop at a distortion."""


def model(dtype="float32"):
    rng = np.random.default_rng(0)
    return {
        "conv.weight": rng.laplace(0, 0.1, (6, 3, 3, 3)).astype(dtype),
        "fc.bias": rng.laplace(0, 0.01, 10).astype(dtype),
        "fc.weight": rng.laplace(0, 0.5, (10, 40)).astype(dtype),
    }


def prune(state, case, importance, target=0.8, weights=False, **settings):
    method, mode = case
    if mode:
        settings["mode"] = mode
    parameters = registry.load("methods", method).Parameters(**settings)
    if weights and parameters.coarse:
        parameters = parameters.model_copy(update={"keep": "weights"})
    return run(state, method, target, parameters, np.random.default_rng(1), importance=importance)


def random_importance(state, seed=3):
    rng = np.random.default_rng(seed)
    return {name: rng.exponential(size=tensor.shape) for name, tensor in state.items()}


@pytest.mark.parametrize("case", DISTORTED)
def test_a_distortion_is_the_weighted_one(case):
    state = model("float64")
    importance = random_importance(state)
    pruned = prune(state, case, importance, Target("distortion", 0.4))
    vector, layout = flatten(state)
    factor = factors(vector, layout, importance, True)
    described = pruned.selection.reconstruction
    if described is None:
        described = np.where(pruned.selection.survivors, vector, 0)
    lost = (factor * np.abs(vector - described)).sum() / (factor * np.abs(vector)).sum()
    assert 0.39 < lost <= 0.4 + 1e-9


@pytest.mark.parametrize("case", CASES)
class TestEveryMethod:
    @pytest.mark.parametrize("constant", [1.0, 1e-30, 7.0])
    def test_equal_importance_in_each_tensor_changes_nothing(self, case, constant):
        state = model()
        plain = prune(state, case, None)
        weighted = prune(state, case, {name: np.full(tensor.shape, constant) for name, tensor in state.items()})
        np.testing.assert_array_equal(plain.selection.survivors, weighted.selection.survivors)

    def test_no_importance_is_an_empty_one(self, case):
        state = model()
        for name, tensor in prune(state, case, None).state.items():
            np.testing.assert_array_equal(tensor, prune(state, case, {}).state[name])

    def test_it_acts_as_the_method_does_on_weighted_weights(self, case):
        state = model("float64")
        importance = random_importance(state)
        weighted = {name: tensor * np.sqrt(importance[name]) for name, tensor in state.items()}
        survivors = prune(state, case, importance).selection.survivors
        np.testing.assert_array_equal(survivors, prune(weighted, case, None).selection.survivors)

    def test_survivors_keep_their_own_values(self, case):
        state = model()
        pruned = prune(state, case, random_importance(state), weights=True)
        assert pruned.survivors == pruned.size - round(0.8 * pruned.size)
        for name, tensor in pruned.state.items():
            assert ((tensor == state[name]) | (tensor == 0)).all()

    def test_a_weight_without_importance_is_the_last_to_go_but_can_be_kept(self, case):
        state = model()
        importance = {"fc.weight": np.ones((10, 40))}
        importance["fc.weight"][:, 0] = 0
        assert not prune(state, case, importance, 0.5).state["fc.weight"][:, 0].any()
        assert prune(state, case, importance, 0).state["fc.weight"][:, 0].all()

    @pytest.mark.parametrize(
        ("importance", "message"),
        [
            (np.ones(3), r"'fc.bias' has shape \(3,\); the weights have \(10,\)"),
            (np.full(10, -1.0), r"'fc.bias' must be finite and at least 0 \(got -1"),
            (np.full(10, np.nan), "'fc.bias' must be finite"),
        ],
    )
    def test_an_importance_that_is_none_is_refused_naming_the_tensor(self, case, importance, message):
        with pytest.raises(WeightsError, match=message):
            prune(model(), case, {"fc.bias": importance})


@pytest.mark.parametrize("mode", ["reference", "embedded"])
def test_a_reconstruction_is_mapped_back_to_the_weights(mode):
    state = model()
    pruned = prune(state, ("surp", mode), random_importance(state), keep="reconstruction")
    for name, tensor in pruned.state.items():
        kept = tensor != 0
        assert (np.abs(tensor) <= np.abs(state[name]) * (1 + 1e-6)).all()
        assert (np.sign(tensor[kept]) == np.sign(state[name][kept])).all()
    assert pruned.survivors == sum(np.count_nonzero(tensor) for tensor in pruned.state.values())


def test_weighted_tensors_keep_their_norm_where_tensors_are_normalised():
    vector, layout = flatten(model("float64"))
    factor = factors(vector, layout, random_importance(model()), True)
    for start, stop in zip(layout.bounds[:-1], layout.bounds[1:], strict=True):
        assert np.linalg.norm((vector * factor)[start:stop]) == pytest.approx(1)


def test_unscaled_magnitudes_compare_importance_across_tensors():
    state = {"a": np.ones((1, 4)), "b": np.ones((1, 4))}
    importance = {"a": np.full((1, 4), 1.0), "b": np.full((1, 4), 4.0)}
    kept = prune(state, ("global_magnitude", None), importance, 0.5, scale="none").state
    assert not kept["a"].any()
    assert kept["b"].all()


def test_importance_that_is_zero_throughout_says_nothing():
    vector, layout = flatten(model())
    zero = {name: np.zeros(tensor.shape) for name, tensor in model().items()}
    assert (factors(vector, layout, zero, True) == 1).all()
