"""Networks. One a file of `networks/`; `Network` says what a file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from surp import registry
from surp.errors import DataError, WeightsError
from surp.tensors.state import State
from surp.tensors.torch_tensors import from_torch, to_torch

if TYPE_CHECKING:
    from torch import nn


class Network(Protocol):
    """A file of `surp/models/networks/`. SHAPE: channels, height and width of its input."""

    SHAPE: tuple[int, int, int]

    def build(self, classes: int) -> nn.Module:
        """The network, freshly initialised by torch's generator."""


def network(name: str) -> Network:
    """The network of that name. Raises `UnknownNameError` with the names that are there."""
    return registry.load("models", name)


def build(name: str, classes: int, shape: tuple[int, ...]) -> nn.Module:
    """The network `name` for images of `shape` (channels, height, width); raises if it was not made for them."""
    found = network(name)
    if tuple(shape) != found.SHAPE:
        raise DataError(f"model {name!r} takes images of shape {found.SHAPE}, the data set has {tuple(shape)}")
    return found.build(classes)


def get_state(model: nn.Module) -> State:
    """Parameters and buffers as numpy arrays; inverse of `set_state`."""
    return {name: from_torch(name, tensor).copy() for name, tensor in model.state_dict().items()}


def set_state(model: nn.Module, state: State, where: str = "weights") -> None:
    """Load a state; raises `WeightsError` naming missing, unknown and wrongly shaped tensors."""
    own = model.state_dict()
    if missing := sorted(own.keys() - state.keys()):
        raise WeightsError(f"{where}: lacks the tensors {', '.join(missing)}")
    if unknown := sorted(state.keys() - own.keys()):
        raise WeightsError(f"{where}: has tensors that the model lacks: {', '.join(unknown)}")
    for name, tensor in own.items():
        if tuple(tensor.shape) != state[name].shape:
            raise WeightsError(
                f"{where}: tensor {name!r} has shape {state[name].shape}, the model's is {tuple(tensor.shape)}"
            )
    model.load_state_dict(to_torch(state))
