"""Checkpoints of others: `.safetensors` with bfloat16, `.pt` by its weights alone, what pruning tools leave.

numpy has no bfloat16: such a tensor is a float32 array of bfloat16 values here, and `Checkpoint.types` remembers it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from surp.errors import WeightsError
from surp.files import atomic
from surp.tensors.bfloat16 import upper, widened
from surp.tensors.layout import State
from surp.tensors.torch_tensors import from_torch, read_torch

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
        return from_state_dict(read_torch(path), str(path), fold)
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
            state[name], types[name] = from_torch(name, value)
        else:
            raise WeightsError(f"{where}: {name!r} is {type(value).__name__}; allowed: arrays and tensors")
    return _folded(state, types, fold)


def write_checkpoint(path: Path, state: State, types: Mapping[str, str], metadata: Mapping[str, str]) -> None:
    """Write `.safetensors`, atomically; the same content gives the same bytes. bfloat16 is written as such.

    Format: eight bytes of length, a JSON header, the tensors, those of wider types first, so that all are aligned.
    """
    if _METADATA in state:
        raise WeightsError(f"{path}: tensor {_METADATA!r} has the name of the metadata; allowed: any other name")
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
            stream.write(upper(array).data if types[name] == "bfloat16" else array.data)


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
            result[name] = widened(words).reshape(header[name]["shape"])
    return result


def _from_numpy(array: NDArray[Any]) -> NDArray[Any]:
    """The array; one of a bfloat16 that some library has added to numpy, as float32."""
    return widened(array.view(np.uint16)) if array.dtype.name == "bfloat16" else array


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


def with_note_of_signs(checkpoint: Checkpoint) -> Checkpoint:
    """The same, with a notice of what a mask has left: zeros whose signs an exact file has to keep."""
    floats = [value for value in checkpoint.state.values() if value.dtype.kind == "f"]
    zeros = sum(value.size - int(np.count_nonzero(value)) for value in floats)
    negative = sum(int(np.count_nonzero(np.signbit(value) & (value == 0))) for value in floats)
    if not negative:
        return checkpoint
    notice = (
        f"{negative} of {zeros} zeros are -0; exact files keep their signs, up to a bit a zero (weights + 0 have none)"
    )
    return replace(checkpoint, notices=(*checkpoint.notices, notice))


def announce(checkpoint: Checkpoint) -> None:
    """One line on stderr for each notice."""
    for notice in checkpoint.notices:
        print(f"note: {notice}", file=sys.stderr, flush=True)
