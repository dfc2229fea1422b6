"""Accuracy and negative log-likelihood of a network on a split."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from surp.train.batches import Batches


@torch.no_grad()
def score(model: nn.Module, batches: Batches) -> tuple[float, float]:
    """(accuracy as a fraction, mean negative log-likelihood in nats), in float32."""
    model.eval()
    correct = torch.zeros((), device=batches.device, dtype=torch.int64)
    nll = torch.zeros((), device=batches.device, dtype=torch.float64)
    for images, labels in batches.in_order():
        logits = model(images).float()
        correct += (logits.argmax(dim=1) == labels).sum()
        nll += functional.cross_entropy(logits, labels, reduction="sum").double()
    return int(correct) / batches.images, float(nll) / batches.images
