"""Calibration: what a stage may know of the data without training. Images of the training part, never of the others."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from surp.data import DataInfo, Split, read_split, split_validation
from surp.errors import ParameterError
from surp.models import set_state
from surp.tensors.layout import Matrix
from surp.tensors.state import State
from surp.train import moments
from surp.train.batches import Batches
from surp.train.importance import measure
from surp.train.moments import LayerInputs
from surp.train.session import EVALUATION_BATCH, open_network, pick_device

BATCH = 200


class Calibration:
    """A network with its weights, in evaluation mode, and calibration images. Arrays go in and come out as numpy.

    The network that was handed in keeps its weights; states are tried on a copy.
    """

    def __init__(self, network: nn.Module, batches: Batches, seed: int = 0) -> None:
        self._original = network.eval()
        self._trial = copy.deepcopy(network).eval()
        self._batches, self._seed = batches, seed

    @property
    def batches(self) -> int:
        """Batches in an epoch of `gradients`."""
        return self._batches.count

    def layers(self) -> tuple[str, ...]:
        """Names of linear layers and ungrouped convolutions that are used, in the order of their first use."""
        return moments.order_of(self._original, self._batches)

    def inputs(self, layer: str, state: Mapping[str, NDArray[Any]]) -> LayerInputs:
        """Moments of what `layer` is given by the network with the weights `state` and by the original."""
        self.trial(state)
        return moments.input_moments(self._original, self._trial, layer, self._batches)

    def outputs(self, temperature: float) -> dict[str, Matrix]:
        """How much the original network's output depends on each layer's outputs: `moments.output_moments`."""
        return moments.output_moments(self._original, self._batches, temperature, self._seed)

    def importance(self, kind: str) -> State:
        """Importance of the original network's weights: `surp.train.importance.measure`."""
        return measure(kind, self._original, self._batches.of_size(EVALUATION_BATCH))

    def gradients(self, epoch: int) -> Iterator[Gradient]:
        """One function a batch of a shuffled epoch: from a state to the loss and its gradient."""
        for images, labels in self._batches.epoch(epoch):
            yield Gradient(self, images, labels)

    def trial(self, state: Mapping[str, NDArray[Any]]) -> nn.Module:
        """A copy of the network with the weights `state`, until the next call."""
        set_state(self._trial, dict(state))
        return self._trial


class Gradient:
    """The cross-entropy of one batch as a function of the weights."""

    def __init__(self, calibration: Calibration, images: Tensor, labels: Tensor) -> None:
        self._calibration, self._images, self._labels = calibration, images, labels

    def __call__(self, state: Mapping[str, NDArray[Any]]) -> tuple[float, State]:
        """Mean loss in nats, and its gradient by the names of the parameters."""
        network = self._calibration.trial(state)
        network.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(network(self._images), self._labels)
        loss.backward()
        found = {name: value.grad for name, value in network.named_parameters() if value.grad is not None}
        return float(loss.detach()), {name: value.cpu().contiguous().numpy() for name, value in found.items()}


def open_calibration(
    state: State,
    images: int,
    where: str = "weights",
    *,
    model: str,
    train: Path,
    validation: int,
    seed: int,
    device: str = "auto",
    threads: int = 1,
) -> Calibration:
    """The network `model` with the weights `state`, and so many images of the training part, never of the `validation`
    held out with the same seed. where: what messages call the weights."""
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    place = pick_device(device)
    chosen, info = calibration_images(train, images, validation, seed)
    network = open_network(model, info, place)
    set_state(network, state, where)
    batches = Batches(chosen, info, BATCH, seed=seed, device=place, memory_format=torch.channels_last)
    return Calibration(network, batches, seed)


def calibration_images(train: Path, images: int, validation: int, seed: int) -> tuple[Split, DataInfo]:
    """So many images of a training split, none of them held out."""
    split, info = read_split(train)
    return split.take(choose(len(split), validation, images, seed)), info


def choose(n: int, validation: int, count: int, seed: int) -> NDArray[np.int64]:
    """`count` of the n training images, ascending, none of them held out for validation with the same seed.

    A function of its arguments only. Raises `ParameterError` if the training part has fewer.
    """
    kept, _ = split_validation(n, validation, seed)
    if not 1 <= count <= len(kept):
        raise ParameterError(
            f"calibration: must be from 1 to {len(kept)}, the training images left by {validation} for validation "
            f"(got {count})"
        )
    return np.sort(np.random.default_rng([seed, count]).choice(kept, count, replace=False))
