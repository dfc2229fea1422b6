"""What every training and evaluation needs first: device, threads, and the split in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from surp.data import DataInfo, Split, read_split, split_validation
from surp.errors import ParameterError
from surp.models import build, set_state
from surp.tensors.safetensors_file import read_state
from surp.train.batches import Batches
from surp.train.recipe import Recipe

EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Session:
    """batches: the training part; validation: the held-out part; identity: tells this data and seed from others."""

    batches: Batches
    validation: Batches
    info: DataInfo
    device: torch.device
    identity: str


def checkpoint_path(output: Path) -> Path:
    """The checkpoint of the training that writes `output`: beside it, hidden, no declared output of any rule."""
    return output.with_name(f".{output.stem}.checkpoint")


def pick_device(name: str) -> torch.device:
    """`auto` is a GPU if torch sees one. Raises `ParameterError` for a GPU that is asked for and not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise ParameterError(f"--device {name!r}: allowed: auto, cpu, cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ParameterError("--device 'cuda': a GPU was asked for, but torch sees no GPU on this machine")
    return torch.device(name)


def open_session(train: Path, validation: int, seed: int, device: str, recipe: Recipe) -> Session:
    """Read the training split and hold out `validation` images by `seed`; seeds torch as well."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    place = pick_device(device)
    split, info = read_split(train)
    kept, held_out = split_validation(len(split.labels), validation, seed)
    return Session(
        batches=Batches(
            split.take(kept),
            info,
            recipe.batch_size,
            seed=seed,
            augment=recipe.augment,
            device=place,
            memory_format=torch.channels_last,
        ),
        validation=evaluation_batches(split.take(held_out), info, place),
        info=info,
        device=place,
        identity=f"{info.sha256} {validation} {seed}",
    )


def evaluation_batches(split: Split, info: DataInfo, device: torch.device) -> Batches:
    """A split in its order, for measuring."""
    return Batches(split, info, EVALUATION_BATCH, device=device, memory_format=torch.channels_last)


def open_network(name: str, info: DataInfo, device: torch.device, weights: Path | None = None) -> nn.Module:
    """The network `name` for this data set on `device`, freshly initialised or with the weights of a file."""
    network = build(name, len(info.classes), info.shape)
    if weights:
        set_state(network, read_state(weights)[0], str(weights))
    return network.to(device, memory_format=torch.channels_last)
