"""How accurate weights are: a network, its test split and the machine that computes."""

from __future__ import annotations

from pathlib import Path

import torch

from surp.data import read_split
from surp.machine import machine
from surp.models import set_state
from surp.tensors.state import State
from surp.train.accuracy import score
from surp.train.batches import Batches
from surp.train.session import evaluation_batches, open_network, pick_device


class Evaluator:
    """What the stage `evaluate` measures with, and `surp verify` again. machine: what computes."""

    def __init__(self, model: str, test: Path, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        place = pick_device(device)
        split, info = read_split(test)
        self._batches = evaluation_batches(split, info, place)
        self._network = open_network(model, info, place)
        self.machine = machine(place)

    def measure(self, state: State, where: str, batches: Batches | None = None) -> tuple[float, float]:
        """(accuracy, negative log-likelihood in nats) on the test split, or on other batches; where: for errors."""
        set_state(self._network, state, where)
        return score(self._network, batches or self._batches)
