"""The columns of a training: what it took, and where it was made."""

from __future__ import annotations

import torch

from surp.machine import machine
from surp.records.training import TrainingColumns
from surp.train.loop import Trained


def training_columns(earlier: TrainingColumns, epochs: int, trained: Trained, device: torch.device) -> TrainingColumns:
    """Those of a model's trainings so far: of the stages before (`earlier`) and of this one."""
    return TrainingColumns(
        train_epochs=(earlier.train_epochs or 0) + epochs,
        seconds_train=(earlier.seconds_train or 0.0) + trained.seconds,
        restarts=(earlier.restarts or 0) + trained.restarts,
        train_device=_joined(earlier.train_device, device.type if epochs else ""),
        train_machine=_joined(earlier.train_machine, machine(device) if epochs else ""),
    )


def _joined(earlier: str, value: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, [*earlier.split("; "), value])))
