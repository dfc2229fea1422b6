"""Where the weights of a pruned network may live while it is trained."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from surp.tensors.state import State

Masks = dict[str, Tensor]


class ChangingMasks(Protocol):
    """Masks that a training changes on its way, as a method wants that trains from scratch (`surp.sparse_training`)."""

    masks: Masks

    def update(self, optimizer: torch.optim.Optimizer, step: int, steps: int) -> bool:
        """Change the masks if it is time; True if this took the place of the training step."""

    def load(self, masks: Masks) -> None:
        """Take over the masks of a checkpoint."""


def zero_masks(state: State, device: torch.device) -> Masks:
    """1 where a weight lives and 0 where it is zero, for each tensor that has zeros; integer buffers have none."""
    return {
        name: torch.from_numpy(value != 0).to(device, torch.float32)
        for name, value in state.items()
        if value.dtype.kind == "f" and not value.all()
    }
