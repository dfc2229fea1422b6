"""Decoded weights against their row: accuracy and negative log-likelihood, measured again on the test split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from surp.data import read_split
from surp.evaluate.table import versions
from surp.machine import machine
from surp.models import set_state
from surp.tensors.state import State
from surp.train.accuracy import score
from surp.train.session import evaluation_batches, open_network, pick_device
from surp.verify import Row
from surp.verify.tolerance import REEVALUATED, same_machine, within

Score = Callable[[State, str], tuple[float, float]]


def scorer(model: str, test: Path, device: str, threads: int) -> Score:
    """A function from weights (and their name, for errors) to (accuracy, nll), computed as in the stage `evaluate`."""
    torch.set_num_threads(threads)
    place = pick_device(device)
    split, info = read_split(test)
    batches = evaluation_batches(split, info, place)
    network = open_network(model, info, place)

    def measure(state: State, where: str) -> tuple[float, float]:
        set_state(network, state, where)
        return score(network, batches)

    return measure


def here(device: str) -> Row:
    """The columns of a row that this machine would write."""
    return {"machine": machine(pick_device(device)), "versions": versions()}


def score_differences(row: Row, measured: tuple[float, float], at: Row) -> Iterator[str]:
    """What the measured numbers contradict: exactly on the kind of machine that wrote the row, else by tolerance."""
    for key, value in zip(("accuracy", "nll"), measured, strict=True):
        tolerance = (0.0, 0.0) if same_machine(row, at) else REEVALUATED[key]
        if not within(value, row[key], tolerance):
            yield f"{key} is {value}, in the table {row[key]}" + (f" (allowed: {tolerance})" if any(tolerance) else "")
