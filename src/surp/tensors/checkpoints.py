"""Checkpoints of others: `.safetensors`, `.pt` by its weights alone, and what pruning tools leave in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.tensors.dtypes import is_float
from surp.tensors.safetensors_file import read_state
from surp.tensors.state import State
from surp.tensors.torch_tensors import SUFFIXES, from_torch, read_torch

_ORIGINAL, _MASK = "_orig", "_mask"


@dataclass(frozen=True)
class Checkpoint:
    """notices: what was done to the names, and what a user may want to know."""

    state: State
    notices: tuple[str, ...] = ()


def read_checkpoint(path: Path, fold: bool = True) -> Checkpoint:
    """A checkpoint file. fold: weights and masks of torch.nn.utils.prune become one tensor (else every tensor stays
    what it is, bit for bit). Raises `WeightsError` for a file that is none, or holds more than tensors."""
    if path.suffix in SUFFIXES:
        return from_state_dict(read_torch(path), str(path), fold)
    try:
        return _masks_folded(read_state(path)[0], fold)
    except WeightsError as error:
        hint = "" if path.suffix == ".safetensors" else f"; files of torch end with {', '.join(SUFFIXES)}"
        raise WeightsError(f"{error}{hint}") from None


def from_state_dict(state_dict: Mapping[str, Any], where: str = "state dict", fold: bool = True) -> Checkpoint:
    """A checkpoint from numpy arrays or torch tensors; fold as above. Raises `WeightsError` for anything else."""
    return _masks_folded({name: _array(name, value, where) for name, value in state_dict.items()}, fold)


def _array(name: Any, value: Any, where: str) -> NDArray[Any]:
    if not isinstance(name, str):
        raise WeightsError(f"{where}: the name {name!r} is no text")
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if hasattr(value, "detach"):
        return from_torch(name, value)
    raise WeightsError(f"{where}: {name!r} is {type(value).__name__}; allowed: arrays and tensors")


def _masks_folded(state: State, fold: bool) -> Checkpoint:
    """`weight_orig` and `weight_mask`, which torch.nn.utils.prune leaves, as the `weight` that they stand for."""
    notices = []
    for original in sorted(name for name in state if name.endswith(_ORIGINAL)):
        name = original.removesuffix(_ORIGINAL)
        mask = name + _MASK
        if mask not in state or name in state:
            continue
        if not fold:
            notices.append(
                f"{original} and {mask} stay two tensors, bit for bit; torch.nn.utils.prune.remove folds them"
            )
            continue
        if state[mask].shape != state[original].shape:
            raise WeightsError(f"tensor {mask!r} has shape {state[mask].shape}; {original!r}: {state[original].shape}")
        whole = state.pop(original)
        state[name] = np.where(state.pop(mask) != 0, whole, whole.dtype.type(0))
        notices.append(f"{original} and {mask} folded into {name}")
    return Checkpoint(state, tuple(notices))


def with_note_of_signs(checkpoint: Checkpoint) -> Checkpoint:
    """The same, with a notice of what a mask has left: zeros whose signs an exact file has to keep."""
    floats = [value for value in checkpoint.state.values() if is_float(value.dtype)]
    zeros = sum(value.size - int(np.count_nonzero(value)) for value in floats)
    negative = sum(int(np.count_nonzero(np.signbit(value) & (value == 0))) for value in floats)
    if not negative:
        return checkpoint
    notice = (
        f"{negative} of {zeros} zeros are -0; exact files keep their signs, up to a bit a zero (weights + 0 have none)"
    )
    return replace(checkpoint, notices=(*checkpoint.notices, notice))
