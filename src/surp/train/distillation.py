"""Distillation: a share of the loss is the divergence from another network's soft targets (Hinton et al., 2015)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Teacher:
    """The network to distil from, the share of the loss that its soft targets take, and their temperature."""

    network: nn.Module
    share: float
    temperature: float

    def distilled(self, loss: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """The loss with the divergence of the softened `logits` from those of the teacher."""
        with torch.no_grad():
            target = functional.log_softmax(self.network(images) / self.temperature, dim=1)
        soft = functional.log_softmax(logits / self.temperature, dim=1)
        divergence = functional.kl_div(soft, target, reduction="batchmean", log_target=True)
        return (1 - self.share) * loss + self.share * self.temperature**2 * divergence
