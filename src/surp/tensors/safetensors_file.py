"""Files of safetensors, read and written: eight bytes of length, a JSON header, then the tensors.

The library checks a file's header; the tensors are read by numpy, which the library cannot ask for float8. The writer
puts everything in one order, so the same content gives the same bytes (the library writes metadata in random order).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from surp.errors import WeightsError
from surp.files import atomic
from surp.tensors import dtypes
from surp.tensors.state import State

_METADATA = "__metadata__"
"""What a header calls the metadata, among the names of the tensors."""
CODES: Final = {
    **{"bool": "BOOL", "uint8": "U8", "int8": "I8", "float8_e5m2": "F8_E5M2", "float8_e4m3fn": "F8_E4M3"},
    **{"float8_e8m0fnu": "F8_E8M0", "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ"},
    **{"int16": "I16", "uint16": "U16", "float16": "F16", "bfloat16": "BF16", "int32": "I32", "uint32": "U32"},
    **{"float32": "F32", "complex64": "C64", "float64": "F64", "int64": "I64", "uint64": "U64"},
}
"""What a header calls each type. Files hold the last types first, so that every tensor is aligned."""
_NAMES: Final = {code: name for name, code in CODES.items()}


def read_state(path: Path) -> tuple[State, dict[str, str]]:
    """Tensors by sorted name, and the file's metadata.

    Raises `WeightsError` for a file that is missing, truncated or no safetensors, and for a type that has no arrays.
    """
    header, start = _read_header(path)
    metadata = header.pop(_METADATA, {})
    state: State = {}
    with path.open("rb") as stream:
        for name in sorted(header):
            code, shape, (first, last) = (header[name][key] for key in ("dtype", "shape", "data_offsets"))
            if code not in _NAMES:
                raise WeightsError(f"{path}: tensor {name!r} has the type {code}; allowed: {', '.join(_NAMES)}")
            dtype = np.dtype(_NAMES[code])
            stream.seek(start + first)
            state[name] = np.fromfile(stream, dtype, (last - first) // dtype.itemsize).reshape(shape)
    return state, metadata


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata alone. Raises `WeightsError` as `read_state` does."""
    metadata: dict[str, str] = _read_header(path)[0].get(_METADATA, {})
    return metadata


def write_state(path: Path, state: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> None:
    """Write the tensors, atomically and one at a time: there is no second copy of a large model.

    Raises `WeightsError` for a name or a type that the format does not have.
    """
    if _METADATA in state:
        raise WeightsError(f"{path}: tensor {_METADATA!r} has the name of the metadata; allowed: any other name")
    order = list(CODES)
    for name, tensor in state.items():
        if tensor.dtype.name not in CODES:
            raise WeightsError(f"{path}: tensor {name!r} has dtype {tensor.dtype}; allowed: {', '.join(CODES)}")
    names = sorted(state, key=lambda name: (-order.index(state[name].dtype.name), name))
    header: dict[str, Any] = {_METADATA: dict(metadata or {})}
    place = 0
    for name in names:
        tensor = state[name]
        offsets = [place, place + tensor.nbytes]
        header[name] = {"dtype": CODES[tensor.dtype.name], "shape": list(tensor.shape), "data_offsets": offsets}
        place += tensor.nbytes
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with atomic(path) as temporary, temporary.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            stream.write(_little_endian(state[name]).data)


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header, which the library has checked against the file's length, and where the tensors begin."""
    try:
        with safe_open(path, framework="numpy"), path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            return json.loads(stream.read(length)), 8 + length
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file") from None
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: not a readable safetensors file: {error}") from None


def _little_endian(tensor: NDArray[Any]) -> NDArray[Any]:
    """Its bytes as the file has them."""
    flat = np.ascontiguousarray(tensor).reshape(-1)
    if dtypes.numpy_has(flat.dtype):
        flat = flat.astype(flat.dtype.newbyteorder("<"), copy=False)
    return flat.view(np.uint8)
