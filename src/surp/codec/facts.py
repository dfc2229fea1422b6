"""What `surp info` tells about a file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.assemble import Contents, read
from surp.codec.entropy_bound import reference
from surp.codec.exact import packed_bytes
from surp.codec.frame.header import Header, Tensor, is_float
from surp.codec.frame.wire import VERSION
from surp.codec.read import framed, name_of_coder, state_of
from surp.tensors.levels import HALF, LevelMap, Map


def facts(data: bytes) -> dict[str, Any]:
    """Facts of plain JSON types. Bytes of a tensor are the bits its decisions took, over 8, None where
    the coder cannot tell; the rest is framing.

    rate: bits an element. laplacian_reference: of a tensor that looks Laplacian (`surp.codec.entropy_bound`), what R(D)
    asks at the distortion that its cells have.
    """
    if not framed(data):
        return _foreign(data)
    contents = read(data, "")
    header = contents.header
    tensors = [_tensor(contents, index) for index in range(len(header.tensors))]
    weights = _weights(header)
    return {
        "version": VERSION,
        "kind": header.kind,
        "cut": header.cut is not None,
        "quantizer": header.quantizer or None,
        "passes": header.passes,
        "coder": header.coder,
        "preset": header.preset,
        "total_bytes": len(data),
        "header_bytes": contents.header_bytes,
        "weights": weights,
        "bits_per_weight": 8 * len(data) / weights if weights else None,
        "tensors": tensors,
        "blocks": [
            {"name": block.name, "offset": block.offset, "bytes": len(block.content)} for block in contents.blocks
        ],
    }


def _weights(header: Header) -> int:
    """Floating-point elements of the model."""
    return sum(tensor.size for tensor in header.tensors if is_float(tensor.dtype))


def _foreign(data: bytes) -> dict[str, Any]:
    """The same of a coder's own file, as far as it is known."""
    coder = name_of_coder(data)
    state, types = state_of(data)
    weights = sum(value.size for name, value in state.items() if is_float(types[name]))
    return {
        "version": None,
        "kind": "own file of the coder",
        "cut": False,
        "quantizer": coder,
        "passes": 0,
        "coder": coder,
        "preset": None,
        "total_bytes": len(data),
        "header_bytes": None,
        "weights": weights,
        "bits_per_weight": 8 * len(data) / weights if weights else None,
        "tensors": [_row(name, value.shape, types[name], value) for name, value in state.items()],
        "blocks": [],
    }


def _tensor(contents: Contents, index: int) -> dict[str, Any]:
    tensor = contents.header.tensors[index]
    levels = contents.levels[tensor.name]
    size = _bytes(contents, tensor)
    return _row(tensor.name, tensor.shape, tensor.dtype, levels) | {
        "step": tensor.map.step if isinstance(tensor.map, LevelMap) else None,
        "embedded": tensor.embedded,
        "bytes": size,
        "rate": None if size is None or not tensor.size else 8 * size / tensor.size,
        "laplacian_reference": reference(levels) if _halves(tensor.map) else None,
    }


def _halves(level_map: Map | None) -> bool:
    return isinstance(level_map, LevelMap) and level_map.ratio == HALF


def _bytes(contents: Contents, tensor: Tensor) -> float | None:
    """What a tensor took, with its mantissas and scales."""
    bits = contents.bits[tensor.name]
    if bits is None:
        return None
    mantissas = packed_bytes(tensor, contents.levels[tensor.name]) if tensor.bits is not None else 0
    scales = _bytes(contents, tensor.scales) if tensor.scales is not None else 0
    return None if scales is None else bits / 8 + mantissas + scales


def _row(name: str, shape: tuple[int, ...], dtype: str, values: NDArray[Any]) -> dict[str, Any]:
    elements, nonzero = prod(shape), int(np.count_nonzero(values))
    return {
        "name": name,
        "shape": list(shape),
        "dtype": dtype,
        "elements": elements,
        "nonzero": nonzero,
        "sparsity": 1 - nonzero / elements if elements else 0.0,
    }
