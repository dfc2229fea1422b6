"""How much each weight matters for the network's output, measured on calibration images of the training part.

Importance orders weights and chooses which survive (`surp.prune`); no map from level to value ever uses it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from surp.errors import UnknownNameError
from surp.tensors.state import State
from surp.train.batches import Batches
from surp.train.moments import noting

KINDS = ("none", "fisher", "input", "gradient")
_LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_MOST_GRADIENTS = 1 << 25
"""Numbers in one chunk of gradients per image: 128 MB."""

Sums = dict[str, Tensor]


def measure(kind: str, network: nn.Module, batches: Batches) -> State:
    """Importance h >= 0 of weights, float64, by the names and in the shapes of the network's parameters.

    `none`: no entry, which means 1. Others: see `fisher`, `second_moment` (`input`), `squared_gradient`. The
    network is measured in evaluation mode, and left in the mode it had. Raises `UnknownNameError` for another kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("importance", kind, KINDS)
    if kind == "none":
        return {}
    training = network.training
    network.eval()
    try:
        found = {"fisher": fisher, "input": second_moment, "gradient": squared_gradient}[kind](network, batches)
    finally:
        network.train(training)
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in found.items()}


def fisher(network: nn.Module, batches: Batches) -> Sums:
    """Diagonal of the empirical Fisher: h_i = mean over images of (d log p(label | image) / d w_i)^2, all parameters.

    The change of the loss from removing w_i is then about h_i w_i^2 / 2: the saliency of LeCun et al., Optimal Brain
    Damage (1989), with the Fisher in place of the Hessian's diagonal as in Theis et al. (arXiv 1801.05787, section
    3.1). It is the *empirical* Fisher, at the labels of the data and not at labels drawn from the model; for the
    difference see Kunstner et al. (arXiv 1905.12558). Each image has its own gradient; a batch's mean squared would
    be another, smaller quantity.
    """
    parameters = {name: value.detach() for name, value in network.named_parameters()}
    buffers = dict(network.named_buffers())

    def loss(weights: Sums, image: Tensor, label: Tensor) -> Tensor:
        logits = functional_call(network, (weights, buffers), (image.unsqueeze(0),))
        return functional.cross_entropy(logits, label.unsqueeze(0))

    gradients = vmap(grad(loss), in_dims=(None, 0, 0))
    chunk = max(1, _MOST_GRADIENTS // max(1, sum(value.numel() for value in parameters.values())))
    sums = {name: torch.zeros_like(value, dtype=torch.float64) for name, value in parameters.items()}
    for images, labels in batches.in_order():
        for some, theirs in zip(images.split(chunk), labels.split(chunk), strict=True):
            for name, each in gradients(parameters, some, theirs).items():
                sums[name] += each.square_().sum(dim=0)
    return {name: total / batches.images for name, total in sums.items()}


def squared_gradient(network: nn.Module, batches: Batches) -> Sums:
    """h_i = (d mean loss / d w_i)^2 over all images, all parameters.

    The score |w| sqrt(h) is then |w dL/dw|, how much the loss depends on whether the connection is there: the
    sensitivity of SNIP (Lee et al., arXiv 1810.02340, equation 3).
    """
    network.zero_grad()
    for images, labels in batches.in_order():
        (functional.cross_entropy(network(images), labels, reduction="sum") / batches.images).backward()
    found = {name: value.grad.double().square() for name, value in network.named_parameters() if value.grad is not None}
    network.zero_grad()
    return found


@torch.no_grad()
def second_moment(network: nn.Module, batches: Batches) -> Sums:
    """h = E[x^2] of the input x that a weight multiplies, over images and, in a convolution, over positions.

    For a layer y = W x + b whose inputs are uncorrelated, removing w_oj adds w_oj^2 E[x_j^2] to E|y_o|^2; the score
    |w| sqrt(h) is that of Wanda (Sun et al., arXiv 2306.11695, equation 1). A bias multiplies 1. Parameters of other
    layers have no entry. Both moments are the derivative of sum(y) with respect to the layer's parameters at input
    x^2, so padding, stride, dilation and groups are as the layer has them.
    """
    sums: Sums = {}
    counts: dict[str, int] = {}
    for images, _ in batches.in_order():
        for name, layer, inputs in _inputs(network, images):
            outputs, found = _positions(layer, inputs)
            counts[name] = counts.get(name, 0) + outputs
            for parameter, value in found.items():
                key = f"{name}.{parameter}" if name else parameter
                sums[key] = sums.get(key, 0) + value.double()
    return {key: total / counts[key.rpartition(".")[0]] for key, total in sums.items()}


def _inputs(network: nn.Module, images: Tensor) -> list[tuple[str, nn.Module, Tensor]]:
    """What the linear layers and convolutions are given, call by call: (name, layer, input)."""
    found: list[tuple[str, nn.Module, Tensor]] = []
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, _LINEAR)}
    with noting(layers, lambda name, inputs, output: found.append((name, layers[name], inputs.detach()))):
        network(images)
    return found


def _positions(layer: Any, inputs: Tensor) -> tuple[int, Sums]:
    """Times each output was computed, and per parameter the sum over them of what it multiplied, squared."""
    units = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    parameters = {name: value.detach() for name, value in layer.named_parameters(recurse=False)}

    def total(weights: Sums) -> tuple[Tensor, Tensor]:
        outputs = functional_call(layer, weights, (inputs.square(),))
        return outputs.sum(), outputs

    found, outputs = grad(total, has_aux=True)(parameters)
    return outputs.numel() // units, found
