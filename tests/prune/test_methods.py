"""What every pruning method of the folder does, through `run`."""

from __future__ import annotations

import numpy as np
import pytest

from surp import registry
from surp.errors import ParameterError, TargetError, WeightsError
from surp.prune import run
from surp.prune.interface import Selection
from surp.tensors.safetensors_file import write_state
from surp.tensors.state import sparsity as state_sparsity

METHODS = registry.names("methods")
PRUNERS = [name for name in METHODS if not registry.load("methods", name).Parameters().trains]


def model(dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    return {
        "conv.weight": rng.laplace(0, 0.1, (6, 3, 3, 3)).astype(dtype),
        "fc.bias": rng.laplace(0, 0.01, 10).astype(dtype),
        "fc.weight": rng.laplace(0, 0.5, (10, 40)).astype(dtype),
        "norm.batches": np.array(7),
        "layer_scale": rng.laplace(1, 0.1, (6, 1, 1)).astype(dtype),
        "scale": np.array(0.5, dtype=dtype),
    }


def prune(state, method, sparsity, iterative=False, weights=False, **settings):
    """weights: survivors keep those, whatever the method's default."""
    parameters = registry.load("methods", method).Parameters.parse(settings, "methods")
    if weights and parameters.coarse:
        parameters = parameters.model_copy(update={"keep": "weights"})
    return run(state, method, sparsity, parameters, np.random.default_rng(1), iterative)


def test_both_methods_of_the_paper_are_there():
    assert {"surp", "global_magnitude"} <= set(METHODS)


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    @pytest.mark.parametrize("sparsity", [0.2, 0.5, 0.9, 0.98, 0.9999])
    @pytest.mark.parametrize("tensors", ["all", "matrices"])
    def test_sparsity_is_met_to_one_weight(self, method, sparsity, tensors):
        pruned = prune(model(), method, sparsity, tensors=tensors)
        size = 579 if tensors == "all" else 562
        assert pruned.size == size
        assert pruned.survivors == size - round(sparsity * size)
        assert state_sparsity(pruned.state, tensors) == pruned.sparsity == round(sparsity * size) / size

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_survivors_keep_their_values_and_everything_its_dtype_and_shape(self, method, dtype):
        state = model(dtype)
        pruned = prune(state, method, 0.8, weights=True)
        assert pruned.state.keys() == state.keys()
        for name, tensor in pruned.state.items():
            assert (tensor.dtype, tensor.shape) == (state[name].dtype, state[name].shape)
            assert ((tensor == state[name]) | (tensor == 0)).all()
        assert pruned.state["norm.batches"] == 7

    def test_tensors_that_take_no_part_are_passed_through(self, method):
        state = model()
        pruned = prune(state, method, 0.9, tensors="matrices")
        for name in ("fc.bias", "scale", "norm.batches", "layer_scale"):
            np.testing.assert_array_equal(pruned.state[name], state[name])

    @pytest.mark.parametrize("tensors", ["all", "matrices"])
    def test_buffers_are_neither_pruned_nor_counted(self, method, tensors):
        state = model()
        statistics = {"norm.running_mean": np.zeros(6, np.float32), "norm.running_var": np.full(6, 9e9, np.float32)}
        statistics["attn_mask"] = np.full((40, 40), -100, np.float32)
        with_buffers = prune(state | statistics, method, 0.9, tensors=tensors)
        without = prune(state, method, 0.9, tensors=tensors)
        assert (with_buffers.size, with_buffers.survivors) == (without.size, without.survivors)
        for name, tensor in with_buffers.state.items():
            np.testing.assert_array_equal(tensor, statistics.get(name, without.state.get(name)))

    def test_a_second_round_never_revives_a_weight(self, method):
        first = prune(model(), method, 0.5)
        second = prune(first.state, method, 0.8, iterative=True)
        assert second.survivors == 579 - round(0.8 * 579)
        assert not (second.selection.survivors & ~first.selection.survivors).any()

    def test_the_same_seed_gives_the_same_survivors(self, method):
        twice = [prune(model(), method, 0.7).selection.survivors for _ in range(2)]
        np.testing.assert_array_equal(*twice)

    def test_sparsity_0_keeps_every_nonzero_weight(self, method):
        state = model()
        state["fc.bias"][:3] = 0
        pruned = prune(state, method, 0)
        assert pruned.survivors == 576
        for name, tensor in pruned.state.items():
            np.testing.assert_array_equal(tensor, state[name])

    @pytest.mark.parametrize("sparsity", [1, 1.2, -1, float("nan"), float("inf")])
    def test_a_sparsity_out_of_range_is_refused_with_value_and_rule(self, method, sparsity):
        with pytest.raises(ParameterError, match=rf"at least 0 and below 1 \(got {sparsity}\)"):
            prune(model(), method, sparsity)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_a_weight_that_is_not_finite_is_refused_naming_tensor_and_place(self, method, bad):
        state = model()
        state["fc.weight"][3, 7] = bad
        with pytest.raises(WeightsError, match=r"'fc.weight' holds .* at \(3, 7\)"):
            prune(state, method, 0.5)

    def test_a_target_below_the_present_sparsity_is_refused_naming_it(self, method):
        sparse = prune(model(), method, 0.9).state
        with pytest.raises(TargetError, match=r"but only 58 are not zero; allowed: at least 0\.899"):
            prune(sparse, method, 0.5, iterative=True)

    def test_an_all_zero_model_has_no_survivors_to_give(self, method):
        state = {"w": np.zeros((3, 3), dtype=np.float32)}
        assert prune(state, method, 0).survivors == 0
        with pytest.raises(TargetError, match="only 0 are not zero"):
            prune(state, method, 0.5)

    @pytest.mark.parametrize("state", [{}, {"w": np.zeros((0, 3), dtype=np.float32)}, {"n": np.arange(3)}])
    def test_a_model_without_weights_stays_as_it_is(self, method, state):
        pruned = prune(state, method, 0.5)
        assert (pruned.size, pruned.survivors, pruned.sparsity) == (0, 0, 0)
        assert pruned.state.keys() == state.keys()

    def test_a_single_weight_survives_half(self, method):
        assert prune({"w": np.array([[2.0]])}, method, 0.4, weights=True).state["w"] == 2
        assert prune({"w": np.array([[2.0]])}, method, 0.9).state["w"] == 0

    def test_an_unknown_setting_is_refused_with_the_known_ones(self, method):
        with pytest.raises(ParameterError, match=r"unknown key; known here: .*tensors"):
            prune(model(), method, 0.5, threshold=3)

    def test_a_selection_has_the_shapes_of_the_vector(self, method):
        selection = prune(model(), method, 0.6).selection
        assert isinstance(selection, Selection)
        assert (selection.survivors.shape, selection.survivors.dtype) == ((579,), np.bool_)
        assert selection.reconstruction is None or selection.reconstruction.shape == (579,)


@pytest.fixture(scope="module")
def resnet20():
    from surp.models import build, get_state

    state = get_state(build("resnet20", 10, (3, 32, 32)))
    rng = np.random.default_rng(0)
    return {name: rng.random(value.shape, np.float32) if "running" in name else value for name, value in state.items()}


@pytest.mark.parametrize("method", METHODS)
def test_no_survivor_of_a_resnet_is_a_running_statistic(method, resnet20, tmp_path):
    """Of SuRP's at 0.99, 44 % once were: each statistic is 1 / sqrt(64) of a tensor's norm, a weight far less."""
    from surp.stages.layers import _counted

    pruned = prune(resnet20, method, 0.99)
    assert (pruned.size, pruned.survivors) == (269_722, 2_697)
    running = [name for name in resnet20 if "running" in name]
    assert all(np.array_equal(pruned.state[name], resnet20[name]) for name in running)
    write_state(tmp_path / "w.safetensors", pruned.state)
    counted = _counted({"file": tmp_path / "w.safetensors"})["tensors"]
    assert not counted.keys() & set(running)
    assert sum(count["nonzero"] for count in counted.values()) == 2_697


@pytest.mark.parametrize("mode", ["reference", "embedded"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_surp_can_leave_its_coarse_reconstruction(mode, dtype):
    state = model(dtype)
    weights, coarse = (prune(state, "surp", 0.8, mode=mode, keep=keep).state for keep in ("weights", "reconstruction"))
    for name in ("conv.weight", "fc.weight"):
        np.testing.assert_array_equal(coarse[name] != 0, weights[name] != 0)
        assert (np.abs(coarse[name]) <= np.abs(state[name])).all()
    assert not np.array_equal(coarse["fc.weight"], weights["fc.weight"])


def test_a_reconstruction_too_small_for_its_dtype_leaves_the_weight():
    state = {"w": np.full((2, 2), 6e-8, dtype=np.float16)}  # the smallest float16: nothing smaller is left of it
    assert np.count_nonzero(prune(state, "surp", 0, keep="reconstruction").state["w"]) == 4


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        (
            "lamp",
            {"keep": "reconstruction"},
            "methods.keep: unknown key; known here: tensors, importance, calibration$",
        ),
        ("gradual", {"keep": "weights"}, "methods.keep: unknown key; known here: tensors, every, until, begin, alloc"),
        ("gradual", {"begin": 0.8}, r"begin must be below until, 0.75 \(got 0.8\)"),
        ("gradual", {"until": 0}, "methods.until: .*greater than 0"),
        ("uniform_plus", {"last_kept": -3}, r"methods.last_kept: .*greater than or equal to 0 \(got -3\)"),
        ("uniform_plus", {"last_kept": 1.1}, "methods.last_kept: .*less than or equal to 1"),
        ("snip", {"every": 5}, "methods.every: unknown key"),
        ("snip", {"until": 0.5}, "methods.until: unknown key"),
        ("random", {"calibration": 50}, "methods.calibration: unknown key; known here: tensors$"),
        ("obd", {"importance": "none"}, "methods.importance: .*'fisher', 'input' or 'gradient'"),
        ("snip", {"importance": "none"}, "methods.importance: .*'fisher', 'input' or 'gradient'"),
        ("surp", {"calibration": 50}, "calibration is not read with importance 'none'"),
        ("surp", {"mode": "embedded", "alpha": 5}, "alpha is not read with mode 'embedded'"),
    ],
)
def test_a_setting_that_a_method_would_not_read_or_not_survive_is_refused(method, settings, message):
    with pytest.raises(ParameterError, match=message):
        prune(model(), method, 0.5, **settings)


def test_surp_starts_fine_tuning_from_its_reconstruction_unless_told():
    state = model()
    coarse, exact = prune(state, "surp", 0.8).state, prune(state, "surp", 0.8, keep="weights").state
    for name in ("fc.weight", "conv.weight"):
        np.testing.assert_array_equal(coarse[name] == 0, exact[name] == 0)
        assert (np.abs(coarse[name]) <= np.abs(state[name]) * (1 + 1e-6)).all(), "it approaches from below"
        assert not np.array_equal(coarse[name], exact[name])
