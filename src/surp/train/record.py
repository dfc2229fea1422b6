"""The columns of a training: what it took, and where it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from surp.machine import machine
from surp.train.loop import Trained


def training_columns(earlier: Mapping[str, Any], epochs: int, trained: Trained, device: torch.device) -> dict[str, Any]:
    """Those of a model's trainings so far: of the stages before (`earlier`) and of this one.

    restarts: how often one was begun anew because it diverged; train_device and train_machine: of each training, once.
    """
    where = {"train_device": device.type, "train_machine": machine(device)} if epochs else {}
    return {
        "train_epochs": earlier.get("train_epochs", 0) + epochs,
        "seconds_train": earlier.get("seconds_train", 0.0) + trained.seconds,
        "restarts": earlier.get("restarts", 0) + trained.restarts,
        **{
            key: _joined(earlier.get(key, ""), value) if epochs else earlier.get(key, "")
            for key, value in where.items()
        },
    }


def _joined(earlier: str, value: str) -> str:
    return "; ".join(dict.fromkeys([*filter(None, earlier.split("; ")), value]))
