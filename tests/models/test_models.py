"""Every file of the folder is a network that loads its own state."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from surp import registry
from surp.errors import DataError, WeightsError
from surp.models import build, get_state, set_state
from surp.tensors.state import is_buffer


@pytest.mark.parametrize("name", registry.names("models"))
def test_a_network_maps_its_images_to_its_classes_and_reloads_its_state(name):
    shape = registry.load("models", name).SHAPE
    network = build(name, 7, shape)
    images = torch.randn(3, *shape)
    assert network(images).shape == (3, 7)
    other = build(name, 7, shape)
    set_state(other, get_state(network))
    torch.testing.assert_close(other(images), network(images), rtol=0, atol=0)


@pytest.mark.parametrize("name", registry.names("models"))
def test_the_buffers_of_a_network_are_those_whose_names_say_so(name):
    """Pruning sees names only: buffers of other names have to be made known to `surp.tensors.state.is_buffer`."""
    network = build(name, 7, registry.load("models", name).SHAPE)
    assert {key for key in network.state_dict() if is_buffer(key)} == {key for key, _ in network.named_buffers()}


@pytest.mark.parametrize(
    ("name", "parameters"), [("lenet300_100", 266_610), ("lenet5_caffe", 431_080), ("resnet20", 269_722)]
)
def test_the_networks_have_the_published_number_of_parameters(name, parameters):
    assert sum(p.numel() for p in build(name, 10, registry.load("models", name).SHAPE).parameters()) == parameters


def test_images_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"'lenet5_caffe' takes images of shape \(1, 28, 28\).*\(3, 32, 32\)"):
        build("lenet5_caffe", 10, (3, 32, 32))


def test_a_state_of_another_shape_is_refused_by_name():
    network = build("lenet300_100", 10, (1, 28, 28))
    state = get_state(network) | {"fc3.bias": np.zeros(9, np.float32)}
    with pytest.raises(WeightsError, match=r"w: tensor 'fc3\.bias' has shape \(9,\), the model's is \(10,\)"):
        set_state(network, state, "w")
    with pytest.raises(WeightsError, match="w: has tensors that the model lacks: extra"):
        set_state(network, get_state(network) | {"extra": np.zeros(1, np.float32)}, "w")
