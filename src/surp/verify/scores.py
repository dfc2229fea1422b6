"""Decoded weights against their row: accuracy and negative log-likelihood, measured again on the test split."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import torch

from surp.data import read_split
from surp.machine import machine, versions
from surp.models import set_state
from surp.records.row import Row
from surp.tensors.layout import State
from surp.train.accuracy import score
from surp.train.session import evaluation_batches, open_network, pick_device
from surp.verify.tolerance import computed_by

_ABSOLUTE, _RELATIVE = {"accuracy": 0.0005, "nll": 0.0}, {"accuracy": 0.0, "nll": 1e-4}
"""Allowed differences of one set of weights that is evaluated on different machines."""


class Evaluator:
    """A network and its test split, to measure weights as the stage `evaluate` does."""

    def __init__(self, model: str, test: Path, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        place = pick_device(device)
        split, info = read_split(test)
        self._batches = evaluation_batches(split, info, place)
        self._network = open_network(model, info, place)
        self._here = machine(place), versions()

    def differences(self, row: Row, state: State) -> Iterator[str]:
        """What measured numbers contradict: exactly on the kind of machine that wrote the row, else by tolerance."""
        set_state(self._network, state, "the decoded weights")
        exact = computed_by(row, *self._here)
        for key, value in zip(("accuracy", "nll"), score(self._network, self._batches), strict=True):
            stated = getattr(row, key)
            absolute, relative = (0.0, 0.0) if exact else (_ABSOLUTE[key], _RELATIVE[key])
            if stated is None or not math.isclose(value, stated, rel_tol=relative, abs_tol=absolute):
                allowed = "" if exact else f" (allowed: {(absolute, relative)})"
                yield f"{key} is {value}, in the table {stated}{allowed}"
