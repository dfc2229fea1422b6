"""Checkpoints of others: `.safetensors` with bfloat16, `.pt` by its weights alone, what pruning tools leave.

numpy has no bfloat16: such a tensor is a float32 array of bfloat16 values here, and `Checkpoint.types` remembers it.
Its bits are moved and never converted: a conversion would make every NaN the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from surp.errors import WeightsError
from surp.files import atomic
from surp.layout import State

_TORCH = (".pt", ".pth", ".bin", ".ckpt")
_ORIGINAL, _MASK = "_orig", "_mask"
_METADATA = "__metadata__"
"""What a safetensors header calls its metadata, among the names of the tensors."""
_DTYPES = {
    **{"bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32"},
    **{"uint64": "U64", "int64": "I64", "float16": "F16", "float32": "F32", "float64": "F64", "bfloat16": "BF16"},
}
"""Names of the types in a safetensors header."""


@dataclass(frozen=True)
class Checkpoint:
    """state: arrays by name. types: the dtype of each, `bfloat16` among them. notices: what was done to the names."""

    state: State
    types: dict[str, str]
    notices: tuple[str, ...] = ()


def read_checkpoint(path: Path, fold: bool = True) -> Checkpoint:
    """A checkpoint file. fold: weights and masks of torch.nn.utils.prune become one tensor (else every tensor stays
    what it is, bit for bit). Raises `WeightsError` for a file that is none, or holds more than tensors."""
    if path.suffix in _TORCH:
        return from_state_dict(_read_torch(path), str(path), fold)
    try:
        with safe_open(path, framework="numpy") as file:
            types = {name: file.get_slice(name).get_dtype() for name in sorted(file.keys())}
            state = {name: file.get_tensor(name) for name, kind in types.items() if kind != "BF16"}
            narrow = [name for name, kind in types.items() if kind == "BF16"]
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file") from None
    except (SafetensorError, OSError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path}: not a readable checkpoint (.safetensors, or {', '.join(_TORCH)}): {error}"
        ) from None
    state |= _read_bfloat16(path, narrow)
    return _folded(state, {n: "bfloat16" if n in set(narrow) else state[n].dtype.name for n in types}, fold)


def from_state_dict(state_dict: Mapping[str, Any], where: str = "state dict", fold: bool = True) -> Checkpoint:
    """A checkpoint from numpy arrays or torch tensors; fold as above. Raises `WeightsError` for anything else."""
    state: State = {}
    types: dict[str, str] = {}
    for name, value in state_dict.items():
        if not isinstance(name, str):
            raise WeightsError(f"{where}: the name {name!r} is no text")
        if isinstance(value, np.ndarray | np.generic):
            state[name], types[name] = _from_numpy(np.asarray(value)), value.dtype.name
        elif hasattr(value, "detach"):
            state[name], types[name] = _from_torch(name, value)
        else:
            raise WeightsError(f"{where}: {name!r} is {type(value).__name__}; allowed: arrays and tensors")
    return _folded(state, types, fold)


def write_checkpoint(path: Path, state: State, types: Mapping[str, str], metadata: Mapping[str, str]) -> None:
    """Write `.safetensors`, atomically; the same content gives the same bytes. bfloat16 is written as such.

    Format: eight bytes of length, a JSON header, the tensors, those of wider types first, so that all are aligned.
    """
    if _METADATA in state:
        raise WeightsError(
            f"{path}: tensor {_METADATA!r} has the name of the metadata; allowed in this format: any other"
        )
    items = {name: 2 if kind == "bfloat16" else state[name].dtype.itemsize for name, kind in types.items()}
    names = sorted(state, key=lambda name: (-items[name], name))
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    place = 0
    for name in names:
        end = place + state[name].size * items[name]
        header[name] = {"dtype": _DTYPES[types[name]], "shape": list(state[name].shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with atomic(path) as temporary, temporary.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for name in names:  # one tensor at a time: no second copy of a large model
            array = np.ascontiguousarray(state[name])
            stream.write(_upper(array).data if types[name] == "bfloat16" else array.data)


def to_torch(state: State, types: Mapping[str, str]) -> dict[str, Any]:
    """Torch tensors, bfloat16 among them. Raises `WeightsError` where torch is not installed."""
    try:
        import torch
    except ImportError:
        raise WeightsError("torch is not installed; surp.decode gives numpy arrays without it") from None
    narrow = {name for name, kind in types.items() if kind == "bfloat16"}
    tensors = {name: torch.from_numpy(np.array(_upper(v) if name in narrow else v)) for name, v in state.items()}
    return {name: t.view(torch.bfloat16) if name in narrow else t for name, t in tensors.items()}


def _upper(array: NDArray[Any]) -> NDArray[np.uint16]:
    """The bits of bfloat16 values that stand in a float32 array."""
    return (array.view(np.uint32) >> 16).astype(np.uint16)


def _widened(words: NDArray[Any]) -> NDArray[np.float32]:
    """Inverse of `_upper`."""
    return (words.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _read_bfloat16(path: Path, names: list[str]) -> State:
    """Tensors that numpy has no type for, by the offsets in the file's header, which `safe_open` has checked."""
    result: State = {}
    if not names:
        return result
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
        for name in names:
            first, last = header[name]["data_offsets"]
            stream.seek(8 + length + first)
            words = np.frombuffer(stream.read(last - first), dtype="<u2")
            result[name] = _widened(words).reshape(header[name]["shape"])
    return result


def _read_torch(path: Path) -> Mapping[str, Any]:
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


def _from_numpy(array: NDArray[Any]) -> NDArray[Any]:
    """The array; one of a bfloat16 that some library has added to numpy, as float32."""
    return _widened(array.view(np.uint16)) if array.dtype.name == "bfloat16" else array


def _from_torch(name: str, tensor: Any) -> tuple[NDArray[Any], str]:
    """Array and type. Sparse and quantized tensors have no arrays."""
    from torch import uint16  # whoever has a tensor has imported torch

    kind = str(tensor.dtype).removeprefix("torch.")
    plain = tensor.detach().cpu().contiguous()
    try:
        return (_widened(plain.view(uint16).numpy()) if kind == "bfloat16" else plain.numpy()), kind
    except (TypeError, RuntimeError) as error:
        raise WeightsError(f"tensor {name!r} of dtype {kind}: {error}") from None


def _folded(state: State, types: dict[str, str], fold: bool) -> Checkpoint:
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
        types[name] = types.pop(original)
        del types[mask]
        notices.append(f"{original} and {mask} folded into {name}")
    return Checkpoint(state, types, tuple(notices))


def announce(checkpoint: Checkpoint) -> None:
    """One line on stderr for each notice."""
    for notice in checkpoint.notices:
        print(f"note: {notice}", file=sys.stderr, flush=True)
