"""Tensors of torch, and files of them. torch is imported only where there are some, or is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.tensors.bfloat16 import upper, widened
from surp.tensors.layout import State


def to_torch(state: State, types: Mapping[str, str]) -> dict[str, Any]:
    """Torch tensors, bfloat16 among them. Raises `WeightsError` where torch is not installed."""
    try:
        import torch
    except ImportError:
        raise WeightsError("torch is not installed; surp.decode gives numpy arrays without it") from None
    narrow = {name for name, kind in types.items() if kind == "bfloat16"}
    tensors = {name: torch.from_numpy(np.array(upper(v) if name in narrow else v)) for name, v in state.items()}
    return {name: t.view(torch.bfloat16) if name in narrow else t for name, t in tensors.items()}


def from_torch(name: str, tensor: Any) -> tuple[NDArray[Any], str]:
    """Array and type. Sparse and quantized tensors have no arrays."""
    from torch import uint16  # whoever has a tensor has imported torch

    kind = str(tensor.dtype).removeprefix("torch.")
    try:
        plain = tensor.detach().cpu().contiguous()
        return (widened(plain.view(uint16).numpy()) if kind == "bfloat16" else plain.numpy()), kind
    except (TypeError, RuntimeError) as error:
        raise WeightsError(f"tensor {name!r} of dtype {kind}: {error}") from None


def read_torch(path: Path) -> Mapping[str, Any]:
    """The state dict of a `.pt`: nothing is executed, so whole models and other objects are refused."""
    try:
        import torch
    except ImportError:
        raise WeightsError(f"{path}: reading this kind of file needs torch, which is not installed") from None
    from pickle import UnpicklingError  # only the name of the refusal: weights_only unpickles no objects

    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file") from None
    except (UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise WeightsError(f"{path}: not a file of weights alone: {reason}") from None
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            return content[key]
    if not isinstance(content, Mapping):
        raise WeightsError(
            f"{path}: holds {type(content).__name__}; allowed: a state dict, alone or under 'state_dict'"
        )
    return content
