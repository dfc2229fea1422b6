"""Tensors of torch, and files of them. torch is imported only where there are some, or is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.tensors.dtypes import bits, numpy_has
from surp.tensors.state import State

SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")
"""Endings of files that torch saves."""


def to_torch(state: State) -> dict[str, Any]:
    """Torch tensors of the same types, in memory of their own. Raises `WeightsError` where torch is not installed."""
    try:
        import torch
    except ImportError:
        raise WeightsError("torch is not installed; surp.decode gives numpy arrays without it") from None
    result = {}
    for name, value in state.items():
        array = np.array(value)
        if numpy_has(array.dtype):
            result[name] = torch.from_numpy(array)
        else:
            result[name] = torch.from_numpy(bits(array)).view(getattr(torch, array.dtype.name))
    return result


def from_torch(name: str, tensor: Any) -> NDArray[Any]:
    """The tensor as an array, in the same memory where that is possible; inverse of `to_torch`.

    Raises `WeightsError` for sparse and quantized tensors, and for types that have no arrays.
    """
    import torch

    kind = str(tensor.dtype).removeprefix("torch.")
    try:
        plain, dtype = tensor.detach().cpu().contiguous(), np.dtype(kind)
        if numpy_has(dtype):
            array: NDArray[Any] = plain.numpy()
            return array
        return plain.view(getattr(torch, f"uint{8 * dtype.itemsize}")).numpy().view(dtype)
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
