"""A method applied to a network in training: the masks that it chooses, and changes on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from surp.errors import DivergedError
from surp.prune import run
from surp.prune.interface import Mask
from surp.prune.layerwise import by_tensor
from surp.sparse_training.interface import SparseTrainingParameters, UpdateProblem, method
from surp.tensors.layout import join
from surp.tensors.state import State


class SparseTraining:
    """The masks of one training: 1 where a weight lives and 0 where it is dead, by the names of the parameters.

    name: of the method. sparsity: of the trained network, zeros over all its weights that take part.
    """

    def __init__(
        self,
        network: nn.Module,
        name: str,
        parameters: SparseTrainingParameters,
        sparsity: float,
        rng: np.random.Generator,
        importance: State | None = None,
    ) -> None:
        self.method = method(name)
        self.parameters = parameters
        self.network = network
        weights = {name: _array(value) for name, value in network.named_parameters()}
        vector, self.layout = join(weights, parameters.tensors)
        self.count = vector.size - round(sparsity * vector.size)
        alive = np.ones(vector.size, dtype=np.bool_)
        if not parameters.starts_dense:
            alive = run(weights, name, sparsity, parameters, rng, importance=importance).selection.survivors
        device = next(network.parameters()).device
        self.masks = {name: torch.from_numpy(each).to(device, torch.float32) for name, each in self._named(alive)}

    def update(self, optimizer: torch.optim.Optimizer, step: int, steps: int) -> bool:
        """Change the masks if it is time; True if this took the place of the training step.

        What is grown starts at 0, without momentum. Gradients are those of the batch at hand. Raises `DivergedError` if
        weights or gradients are not finite.
        """
        if not self.parameters.due(step, steps):
            return False
        named = {name: value for name, value in self.network.named_parameters() if name in self.masks}
        if not all(np.isfinite(_array(value).sum() + _gradient(value).sum()) for value in named.values()):
            raise DivergedError(f"training diverged before step {step + 1} of {steps}; lower learning_rate")
        vector, _ = join({name: _array(value) for name, value in named.items()})
        gradient, _ = join({name: _gradient(value) for name, value in named.items()})
        alive = np.concatenate([_array(self.masks[name]).reshape(-1) != 0 for name in self.layout.names])
        problem = UpdateProblem(step, steps, vector, gradient, alive, self.layout, self.count)
        for name, mask in self._named(self.method.update(problem, self.parameters)):
            self.masks[name].copy_(torch.from_numpy(mask))
        self._forget_momentum(optimizer, named)
        return True

    def load(self, masks: Mapping[str, Tensor]) -> None:
        """Take over the masks of a checkpoint."""
        for name, mask in masks.items():
            self.masks[name].copy_(mask)

    def _named(self, alive: Mask) -> Iterable[tuple[str, Mask]]:
        return by_tensor(alive, self.layout).items()

    @torch.no_grad()
    def _forget_momentum(self, optimizer: torch.optim.Optimizer, named: Mapping[str, Tensor]) -> None:
        """No momentum where a weight is 0: the dead ones have gathered it, and what grows shall not start with it."""
        for name, mask in self.masks.items():
            named[name].mul_(mask)
            if (momentum := optimizer.state[named[name]].get("momentum_buffer")) is not None:
                momentum.mul_(named[name] != 0)


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().contiguous().numpy()


def _gradient(parameter: Tensor) -> NDArray[np.float32]:
    return _array(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad)
