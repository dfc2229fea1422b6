"""Calibration: what a stage may know of the data without training. Images of the training part, never of the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from surp.data import DataInfo, Split, read_split, split_validation
from surp.errors import ParameterError
from surp.tensors.state import State
from surp.train.importance import measure
from surp.train.session import evaluation_batches, open_network, pick_device


def choose(n: int, validation: int, count: int, seed: int) -> NDArray[np.int64]:
    """`count` of the n training images, ascending, none of them held out for validation with the same seed.

    A function of its arguments only. Raises `ParameterError` if the training part has fewer.
    """
    kept, _ = split_validation(n, validation, seed)
    if not 1 <= count <= len(kept):
        raise ParameterError(
            f"calibration: must be from 1 to {len(kept)}, the training images left by {validation} for validation "
            f"(got {count})"
        )
    return np.sort(np.random.default_rng([seed, count]).choice(kept, count, replace=False))


def calibrate(
    kind: str,
    weights: Path,
    *,
    model: str,
    train: Path,
    calibration: int,
    validation: int,
    seed: int,
    device: str = "auto",
    threads: int = 1,
) -> State:
    """Importance of the weights in a file, measured on `calibration` images: see `surp.train.importance.measure`."""
    torch.set_num_threads(threads)
    place = pick_device(device)
    images, info = calibration_images(train, calibration=calibration, validation=validation, seed=seed)
    network = open_network(model, info, place, weights)
    return measure(kind, network, evaluation_batches(images, info, place))


def calibration_images(train: Path, *, calibration: int, validation: int, seed: int) -> tuple[Split, DataInfo]:
    """`calibration` images of a training split, none of them held out."""
    split, info = read_split(train)
    return split.take(choose(len(split), validation, calibration, seed)), info
