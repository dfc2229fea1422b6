"""Importance: what is measured, against plain sums; and that calibration sees training images only."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from surp.data import read_split, split_validation
from surp.errors import ParameterError, UnknownNameError
from surp.models import build, get_state
from surp.train import calibration
from surp.train.calibration import choose, open_calibration
from surp.train.importance import KINDS, measure


class Images:
    """Batches of random images and labels, as `Batches.in_order` gives them."""

    def __init__(self, shape, classes=3, count=12, batch=5):
        generator = torch.Generator().manual_seed(0)
        self.images, self.batch = count, batch
        self.pixels = torch.randn((count, *shape), generator=generator)
        self.labels = torch.randint(0, classes, (count,), generator=generator)

    def in_order(self):
        yield from zip(self.pixels.split(self.batch), self.labels.split(self.batch), strict=True)


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16, 3, bias=True))


@pytest.fixture
def images():
    return Images((2, 8, 8))


def test_no_importance_is_no_entry(images):
    assert measure("none", network(), images) == {}


@pytest.mark.parametrize("kind", KINDS[1:])
def test_importance_has_names_and_shapes_of_the_parameters_and_is_never_negative(images, kind):
    model = network()
    shapes = {name: tuple(value.shape) for name, value in model.named_parameters()}
    found = measure(kind, model, images)
    for name, values in found.items():
        assert (values.shape, values.dtype) == (shapes[name], np.float64)
        assert (values >= 0).all()
    assert found.keys() == (shapes.keys() if kind != "input" else shapes.keys() - {"1.weight", "1.bias"})


@pytest.mark.parametrize("chunk", [1, 1 << 25])
def test_fisher_is_the_mean_of_the_squared_gradients_of_single_images(images, chunk, monkeypatch):
    monkeypatch.setattr("surp.train.importance._MOST_GRADIENTS", chunk)
    model = network().eval()
    expected = {name: torch.zeros_like(value) for name, value in model.named_parameters()}
    for pixels, label in zip(images.pixels, images.labels, strict=True):
        model.zero_grad()
        functional.log_softmax(model(pixels[None]), dim=1)[0, label].backward()
        for name, value in model.named_parameters():
            expected[name] += value.grad**2 / images.images
    for name, values in measure("fisher", model, images).items():
        np.testing.assert_allclose(values, expected[name].numpy(), rtol=1e-4, atol=1e-9)


def test_the_input_moment_of_a_linear_layer_is_that_of_its_columns():
    images = Images((5,))
    found = measure("input", nn.Sequential(nn.Linear(5, 3)), images)
    moments = (images.pixels.double() ** 2).mean(dim=0).numpy()
    np.testing.assert_allclose(found["0.weight"], np.tile(moments, (3, 1)), rtol=1e-5)
    np.testing.assert_allclose(found["0.bias"], 1)


@pytest.mark.parametrize("options", [{}, {"padding": 1, "stride": 2}, {"groups": 2, "dilation": 2}])
def test_the_input_moment_of_a_convolution_is_that_of_its_patches(images, options):
    layer = nn.Conv2d(2, 4, 3, **options)
    found = measure("input", layer, images)
    shape = {key: value for key, value in options.items() if key != "groups"}
    patches = functional.unfold(images.pixels.double(), 3, **shape).square().mean(dim=(0, 2)).reshape(2, 3, 3)
    groups = layer.groups
    for output in range(4):
        first = output // (4 // groups) * (2 // groups)
        np.testing.assert_allclose(found["weight"][output], patches[first : first + 2 // groups].numpy(), rtol=1e-5)
    np.testing.assert_allclose(found["bias"], 1, rtol=1e-6)


def test_a_layer_used_twice_averages_over_both_uses():
    images, layer = Images((4,)), nn.Linear(4, 4, bias=False)
    found = measure("input", nn.Sequential(layer, nn.Identity(), layer), images)
    once, twice = images.pixels, layer(images.pixels).detach()
    moments = ((once.double() ** 2).mean(dim=0) + (twice.double() ** 2).mean(dim=0)) / 2
    np.testing.assert_allclose(found["0.weight"][0], moments.numpy(), rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_measuring_leaves_the_network_as_it_was(images, kind):
    model = network().train()
    before = get_state(model)
    measure(kind, model, images)
    assert model.training
    assert all(value.grad is None for value in model.parameters())
    assert not any(layer._forward_pre_hooks or layer._forward_hooks for layer in model.modules())
    for name, value in get_state(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_an_unknown_kind_is_answered_with_the_kinds(images):
    with pytest.raises(UnknownNameError, match="unknown importance 'hessian'; allowed: fisher, gradient, input, none"):
        measure("hessian", network(), images)


@pytest.mark.parametrize("seed", range(5))
def test_calibration_takes_training_images_and_none_held_out(seed):
    kept, held_out = split_validation(400, 100, seed)
    chosen = choose(400, 100, 150, seed)
    assert len(set(chosen)) == 150
    assert set(chosen) <= set(kept)
    assert not set(chosen) & set(held_out)
    np.testing.assert_array_equal(chosen, choose(400, 100, 150, seed))


@pytest.mark.parametrize("count", [0, 301])
def test_more_calibration_images_than_the_training_part_has_are_refused(count):
    with pytest.raises(ParameterError, match=rf"calibration: must be from 1 to 300.*\(got {count}\)"):
        choose(400, 100, count, 0)
    assert len(choose(400, 100, 300, 0)) == 300


@pytest.mark.parametrize("model", ["lenet300_100", "lenet5_caffe"])
@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_lenet_weight_gets_an_importance(splits, model, kind):
    state = get_state(build(model, 4, (1, 28, 28)))
    asked = open_calibration(state, 20, model=model, train=splits[0], validation=100, seed=0, device="cpu")
    found = asked.importance(kind)
    assert {name: values.shape for name, values in found.items()} == {n: v.shape for n, v in state.items()}


def test_the_images_measured_are_those_chosen(splits, monkeypatch):
    seen = []
    monkeypatch.setattr(calibration, "measure", lambda kind, network, batches: seen.append(batches) or {})
    state = get_state(build("lenet300_100", 4, (1, 28, 28)))
    asked = open_calibration(state, 30, model="lenet300_100", train=splits[0], validation=100, seed=3, device="cpu")
    asked.importance("input")
    labels = torch.cat([labels for _, labels in seen[0].in_order()])
    split, _ = read_split(splits[0])
    np.testing.assert_array_equal(labels.numpy(), split.labels[choose(len(split), 100, 30, 3)])
