"""What defines each criterion of pruning: scores, shares, and equality with the libraries that offer it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune as torch_prune

from surp import registry
from surp.errors import ParameterError
from surp.prune import method, run
from surp.prune.interface import Problem
from surp.prune.layerwise import allocate, erdos_renyi, nonzeros, sizes
from surp.prune.methods.lamp import lamp_scores
from surp.tensors.layout import Layout, join

LENET5 = {
    "conv1.weight": (20, 1, 5, 5),
    "conv2.weight": (50, 20, 5, 5),
    "fc1.weight": (500, 800),
    "fc2.weight": (10, 500),
}


def weights(shapes=LENET5, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.laplace(0, 1 / np.sqrt(np.prod(shape[1:])), shape) for name, shape in shapes.items()}


def kept(state, method, sparsity, **parameters):
    chosen = registry.load("methods", method).Parameters(**parameters)
    pruned = run(state, method, sparsity, chosen, np.random.default_rng(1))
    return {name: np.count_nonzero(tensor) for name, tensor in pruned.state.items()}, pruned.state


VALUES = st.lists(st.floats(-1e30, 1e30, allow_subnormal=False), min_size=1, max_size=40)


class TestLamp:
    @given(VALUES)
    def test_the_score_is_monotone_within_a_layer(self, values):
        magnitudes = np.abs(np.array(values))
        scores = lamp_scores(np.array(values))[np.argsort(magnitudes, kind="stable")]
        assert (np.diff(scores[np.diff(np.sort(magnitudes), prepend=-1) > 0]) >= 0).all()
        assert ((scores > 0) == (np.sort(magnitudes) > 0)).all()

    def test_it_is_the_equation_of_the_paper(self):
        layer = np.array([3.0, -1.0, 0.5, 2.0])
        by_hand = [9 / 9, 1 / (9 + 4 + 1), 0.25 / (9 + 4 + 1 + 0.25), 4 / (9 + 4)]
        np.testing.assert_allclose(lamp_scores(layer), by_hand)

    @given(VALUES, st.sampled_from([1e-20, 0.5, 1e6]))
    def test_the_scale_of_a_layer_does_not_matter(self, values, scale):
        layer = np.array(values)
        np.testing.assert_allclose(lamp_scores(layer * scale), lamp_scores(layer), rtol=1e-6, atol=1e-300)

    def test_every_layer_keeps_its_largest_weight(self):
        counts, _ = kept(weights(), "lamp", 0.9999)
        assert min(counts.values()) >= 1


class TestErk:
    def test_densities_follow_the_dimensions(self):
        counts, _ = kept(weights(), "erk", 0.99)
        density = {name: counts[name] / np.prod(shape) for name, shape in LENET5.items()}
        raw = {name: sum(shape) / np.prod(shape) for name, shape in LENET5.items()}
        below = [name for name in LENET5 if density[name] < 1]
        factors = [density[name] / raw[name] for name in below]
        assert len(below) >= 2
        np.testing.assert_allclose(factors, factors[0], rtol=0.01)

    def test_a_layer_is_dense_at_most(self):
        counts, _ = kept(weights(), "erk", 0.9)
        assert counts["conv1.weight"] == 500

    def test_the_ratio_of_a_vector_and_of_a_scalar_is_1(self):
        layout = Layout(("a", "b", "c"), ((10,), (), (4, 6)), (1.0,) * 3)
        np.testing.assert_allclose(erdos_renyi(layout), [1, 1, 10 / 24])


class TestUniform:
    def test_every_layer_has_the_same_sparsity(self):
        counts, _ = kept(weights(), "uniform", 0.9)
        for name, shape in LENET5.items():
            assert counts[name] == pytest.approx(0.1 * np.prod(shape), abs=1)

    def test_plus_keeps_the_first_convolution_and_a_fifth_of_the_last_layer(self):
        counts, _ = kept(weights(), "uniform_plus", 0.95)
        assert (counts["conv1.weight"], counts["fc2.weight"]) == (500, 1000)
        rest = [counts[n] / np.prod(LENET5[n]) for n in ("conv2.weight", "fc1.weight")]
        assert rest[0] == pytest.approx(rest[1], rel=0.01)

    def test_plus_is_uniform_where_that_keeps_more(self):
        shapes = {"fc1.weight": (30, 40), "fc2.weight": (10, 30)}
        assert kept(weights(shapes), "uniform_plus", 0.5)[0] == kept(weights(shapes), "uniform", 0.5)[0]

    def test_a_tensor_that_is_not_there_is_refused_with_those_that_are(self):
        with pytest.raises(ParameterError, match=r"no tensor is named 'fc9'; there are conv1.weight, conv2"):
            kept(weights(), "uniform_plus", 0.5, last="fc9")


class TestAllocation:
    @given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(0, 50), st.floats(0, 1)), min_size=1), st.floats(0, 1))
    @settings(deadline=None)
    def test_the_budget_is_spent_and_nobody_gets_more_than_there_is(self, layers, share):
        parts, size = np.array([part for part, _, _ in layers]), np.array([n for _, n, _ in layers])
        most = np.array([int(n * left) for _, n, left in layers])
        count = int(share * most.sum())
        counts = allocate(parts, size, most, count)
        assert counts.sum() == count
        assert (counts >= 0).all()
        assert (counts <= most).all()

    def test_what_a_full_tensor_cannot_take_goes_to_the_others(self):
        assert allocate([1, 1], np.array([10, 100]), np.array([2, 100]), 55).tolist() == [2, 53]


class TestLibrary:
    """`torch.nn.utils.prune` decides the same; it needs torch and the model's code, which this stage has not."""

    def model(self):
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(36, 20), nn.Linear(20, 5))

    def masks(self, model, prune):
        layers = [(m, "weight") for m in model if hasattr(m, "weight")]
        state = {name: v.numpy().copy() for name, v in model.state_dict().items() if name.endswith("weight")}
        prune(layers)
        return state, {f"{i}.weight": m.weight_mask.numpy() for i, m in enumerate(model) if hasattr(m, "weight_mask")}

    def test_global_magnitude_is_global_unstructured(self):
        state, expected = self.masks(
            self.model(),
            lambda layers: torch_prune.global_unstructured(layers, torch_prune.L1Unstructured, amount=0.75),
        )
        for name, tensor in kept(state, "global_magnitude", 0.75, scale="none")[1].items():
            np.testing.assert_array_equal(tensor != 0, expected[name] != 0)

    def test_uniform_is_l1_unstructured_layer_by_layer(self):
        state, expected = self.masks(
            self.model(), lambda layers: [torch_prune.l1_unstructured(m, n, amount=0.75) for m, n in layers]
        )
        for name, tensor in kept(state, "uniform", 0.75)[1].items():
            np.testing.assert_array_equal(tensor != 0, expected[name] != 0)


def test_random_takes_every_weight_equally_often():
    vector, layout = join({"w": np.r_[np.ones(50), np.zeros(5), 1e-9 * np.ones(50)]})
    chosen = method("random")
    problem = Problem(vector, layout, 20, np.random.default_rng(0))
    runs = [chosen.select(problem, chosen.Parameters()).survivors for _ in range(500)]
    mean = np.mean(runs, axis=0)
    assert (mean[50:55] == 0).all()
    np.testing.assert_allclose(mean[vector != 0], 0.2, atol=0.08)


def test_obd_and_snip_rank_by_what_a_weight_does_to_the_loss():
    state = {"w": np.array([[1.0, 2.0, 3.0, 4.0]])}
    importance = {"w": np.array([[100.0, 1.0, 1.0, 0.01]])}
    for name in ("obd", "snip"):
        pruned = run(state, name, 0.5, method(name).Parameters(), np.random.default_rng(0), importance=importance)
        assert pruned.state["w"].tolist() == [[1.0, 0.0, 3.0, 0.0]]


def test_nonzeros_counts_what_is_not_zero():
    vector, layout = join({"a": np.array([0.0, 1, 2]), "b": np.zeros((2, 2))})
    assert nonzeros(vector, layout).tolist() == [2, 0]
    assert sizes(layout).tolist() == [3, 4]
