"""A network of a few weights and images of three classes, for quantizers that ask for calibration."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from surp.data import DataInfo, Split
from surp.models import set_state
from surp.train.batches import Batches
from surp.train.calibration import Calibration

CLASSES, SHAPE = 3, (2, 6, 6)


def images(count=60, seed=0, batch_size=20, **more):
    """Images whose brighter corner is their class, as batches."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    pixels = rng.integers(0, 120, (count, *SHAPE))
    for image, label in zip(pixels, labels, strict=True):
        image[:, 3 * (label // 2) : 3 * (label // 2) + 3, 3 * (label % 2) : 3 * (label % 2) + 3] += 100
    info = DataInfo("squares", "train", ("a", "b", "c"), (0.3, 0.3), (0.2, 0.2), "test", "", SHAPE)
    return Batches(Split(pixels.astype(np.uint8), labels.astype(np.int64)), info, batch_size, seed=seed, **more)


def tiny(sparse=False, epochs=3):
    """Convolution, normalisation and two linear layers, trained a little."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    network = nn.Sequential(*layers, nn.Linear(36, 8), nn.ReLU(), nn.Linear(8, CLASSES, bias=False))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for epoch in range(epochs):
        for pixels, labels in images().epoch(epoch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(pixels), labels).backward()
            optimizer.step()
    if sparse:
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.data[parameter.abs() < parameter.abs().mean()] = 0
    return network.eval()


def calibration(network, count=60):
    return Calibration(network, images(count))


def loss(network, state):
    """Mean cross-entropy of a copy of the network with the weights `state`, over the calibration images."""
    trial = copy.deepcopy(network)
    set_state(trial, dict(state))
    with torch.no_grad():
        return float(np.mean([float(nn.functional.cross_entropy(trial(x), y)) for x, y in images().in_order()]))
