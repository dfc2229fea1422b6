"""What a layer is given, and how much the network's output depends on what it puts out: the two halves of K-FAC.

For a layer y = W x + b and small changes, the change of the network's output distribution in nats is about
1/2 E[(g^T dW x)^2] with g the output's gradient; with inputs and gradients taken as independent that is
1/2 tr(G dW A dW^T), A = E[x x^T] and G = E[g g^T] (Martens and Grosse, arXiv 1503.05671; for convolutions Grosse and
Martens, arXiv 1602.01407: A over all positions, G summed over them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from surp.tensors.layout import Matrix
from surp.train.batches import Batches

MOST_BACKWARD = 10
"""Backward passes a batch: exact up to so many classes, else random projections."""


@dataclass(frozen=True, eq=False)
class LayerInputs:
    """Moments of what a layer is given, per position. second: E[x x^T] of the inputs x of the network as it stands,
    shape (n, n). cross: E[z x^T], z what the original network gives it. mean, original: E[x] and E[z], shape (n,)."""

    second: Matrix
    cross: Matrix
    mean: Matrix
    original: Matrix


def layers_of(network: nn.Module) -> dict[str, nn.Module]:
    """The layers that are one matrix product: linear ones and ungrouped convolutions, by name."""
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Linear)
        or (isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.padding_mode == "zeros")
    }


def unfolded(layer: Any, inputs: Tensor) -> Tensor:
    """What the layer's matrix multiplies: shape (images x positions, n)."""
    if isinstance(layer, nn.Linear):
        return inputs.reshape(-1, inputs.shape[-1])
    windows = functional.unfold(inputs, layer.kernel_size, layer.dilation, layer.padding, layer.stride)
    return windows.transpose(1, 2).reshape(-1, windows.shape[1])


@contextmanager
def noting(layers: Mapping[str, nn.Module], note: Callable[[str, Tensor, Tensor], None]) -> Iterator[None]:
    """Call `note(name, input, output)` whenever one of the layers is run."""

    def hook(name: str) -> Any:
        return lambda _, inputs, output: note(name, inputs[0], output)

    handles = [layer.register_forward_hook(hook(name)) for name, layer in layers.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def order_of(network: nn.Module, batches: Batches) -> tuple[str, ...]:
    """Names of the layers of `layers_of` that are used, in the order of their first use."""
    used: dict[str, None] = {}
    images, _ = next(batches.in_order())
    with noting(layers_of(network), lambda name, inputs, output: used.setdefault(name)):
        network(images[:1])
    return tuple(used)


@torch.no_grad()
def input_moments(original: nn.Module, network: nn.Module, name: str, batches: Batches) -> LayerInputs:
    """Moments of the inputs of the layer `name` of both networks on the same images."""
    sums: list[Tensor | int] = [0, 0, 0, 0]
    positions = 0
    for images, _ in batches.in_order():
        old, new = (_given(each, name, images) for each in (original, network))
        parts = (new.T @ new, old.T @ new, new.sum(0), old.sum(0))  # float32 within a batch, float64 over batches
        sums = [total + part.double() for total, part in zip(sums, parts, strict=True)]
        positions += len(new)
    return LayerInputs(*(_array(total / positions) for total in sums))


def _given(network: nn.Module, name: str, images: Tensor) -> Tensor:
    """What the layer `name` is given, all calls one after the other, shape (positions, n)."""
    found: list[Tensor] = []
    layer = layers_of(network)[name]
    with noting({name: layer}, lambda _, inputs, output: found.append(unfolded(layer, inputs))):
        network(images)
    return torch.cat(found)


def _array(tensor: Any) -> Matrix:
    return np.asarray(tensor.cpu().numpy())


def output_moments(network: nn.Module, batches: Batches, temperature: float, seed: int) -> dict[str, Matrix]:
    """G of each layer, by name: the Gauss-Newton matrix of the Kullback-Leibler divergence from the network's own
    softmax at `temperature`, so no labels enter.

    The logits' Hessian diag(p) - p p^T is the sum over classes of v v^T with v = sqrt(p_c) (e_c - p); each v is
    propagated back, or random combinations of them where there are many classes.
    """
    layers = layers_of(network)
    outputs: dict[str, Tensor] = {}
    sums: dict[str, Any] = dict.fromkeys(layers, 0)
    generator = torch.Generator().manual_seed(seed)
    for images, _ in batches.in_order():
        with noting(layers, lambda name, inputs, output: outputs.__setitem__(name, output)):
            logits = network(images.requires_grad_())
        reached = [name for name in layers if name in outputs]
        for direction in _directions(logits.detach() / temperature, generator):
            gradients = torch.autograd.grad(
                logits, [outputs[name] for name in reached], direction, retain_graph=True, allow_unused=True
            )
            for name, gradient in zip(reached, gradients, strict=True):
                if gradient is not None:
                    rows = _rows(layers[name], gradient).double()
                    sums[name] = sums[name] + rows.T @ rows
        outputs.clear()
    return {name: _array(total / batches.images) for name, total in sums.items() if torch.is_tensor(total)}


def _rows(layer: nn.Module, gradient: Tensor) -> Tensor:
    """Gradients with one row a position, shape (images x positions, outputs)."""
    if isinstance(layer, nn.Linear):
        return gradient.reshape(-1, gradient.shape[-1])
    return gradient.permute(0, 2, 3, 1).reshape(-1, gradient.shape[1])


def _directions(logits: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
    """Directions v in the space of logits whose v v^T add up to diag(p) - p p^T, exactly or in expectation."""
    chances = logits.softmax(dim=1)
    classes = logits.shape[1]
    for draw in range(min(classes, MOST_BACKWARD)):
        if classes <= MOST_BACKWARD:
            signs = functional.one_hot(torch.tensor([draw]), classes).to(logits)
        else:
            random = torch.randint(0, 2, logits.shape, generator=generator)
            signs = (2 * random.to(logits) - 1) / MOST_BACKWARD**0.5
        weighted = chances.sqrt() * signs
        yield weighted - chances * weighted.sum(dim=1, keepdim=True)
