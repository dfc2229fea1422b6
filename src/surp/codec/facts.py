"""What `surp info` tells about a file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.decoder import Decoded
from surp.codec.file import File
from surp.codec.frame.header import TensorEntry
from surp.codec.frame.wire import VERSION
from surp.codec.laplacian import laplacian_rate
from surp.codec.peers.file import PeerFile
from surp.tensors.dtypes import is_float
from surp.tensors.maps import HALF, LevelMap


def facts(file: File | PeerFile) -> dict[str, Any]:
    """Facts of plain JSON types; decodes all of the file, and verifies every checksum. Raises `CorruptFileError`.

    bits_per_weight: 8 x bytes of the file over its floating-point elements. Bytes of a tensor are the bits that the
    decisions of its arrays took, over 8, None where the coder cannot tell (an array that several tensors share counts
    with the first); the rest is framing. rate: bits an element. laplacian_reference: of a tensor that looks Laplacian
    (`surp.codec.laplacian`), what R(D) asks at the distortion that its cells have.
    """
    if isinstance(file, PeerFile):
        return _of_peer(file)
    found, header = file.decode(), file.header
    weights = sum(prod(tensor.shape) for tensor in header.tensors if is_float(tensor.dtype))
    told: set[str] = set()
    return {
        "version": VERSION,
        "kind": header.kind,
        "cut": header.cut is not None,
        "quantizer": header.quantizer or None,
        "passes": header.passes,
        "coder": header.coder,
        "preset": header.preset,
        "base": header.base.hex() or None,
        "total_bytes": file.size,
        "header_bytes": file.header_bytes,
        "weights": weights,
        "bits_per_weight": 8 * file.size / weights if weights else None,
        "tensors": [_tensor(file, found, tensor, told) for tensor in header.tensors],
        "blocks": _blocks(file),
    }


def _of_peer(file: PeerFile) -> dict[str, Any]:
    """The same of a file without our frame, as far as it is known."""
    state = file.state()
    weights = sum(value.size for value in state.values() if is_float(value.dtype))
    return {
        "version": None,
        "kind": "own file of the coder",
        "cut": False,
        "quantizer": file.coder,
        "passes": 0,
        "coder": file.coder,
        "preset": None,
        "base": None,
        "total_bytes": file.size,
        "header_bytes": None,
        "weights": weights,
        "bits_per_weight": 8 * file.size / weights if weights else None,
        "tensors": [_row(TensorEntry(name, v.shape, v.dtype.name), v) for name, v in state.items()],
        "blocks": [],
    }


def _row(tensor: TensorEntry, values: NDArray[Any]) -> dict[str, Any]:
    """What is told of a tensor whatever file it is from; `values`: zero where it is."""
    elements, nonzero = prod(tensor.shape), int(np.count_nonzero(values))
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "elements": elements,
        "nonzero": nonzero,
        "sparsity": 1 - nonzero / elements if elements else 0.0,
    }


def _tensor(file: File, found: Decoded, tensor: TensorEntry, told: set[str]) -> dict[str, Any]:
    """Of a tensor that is rebuilt, zeros and map are those of its first component."""
    form = file.header.forms.get(tensor.name)
    names = form.components if form else (tensor.name,)
    arrays = {array.name: array for array in file.header.arrays}
    costs = [found.bits[name] for name in names if name not in told]
    told |= {*names}
    size = None if None in costs else sum(cost for cost in costs if cost is not None) / 8
    levels = found.levels[names[0]] if names else np.zeros(0)
    level_map = arrays[names[0]].map if names else None
    halves = isinstance(level_map, LevelMap) and level_map.ratio == HALF and not level_map.states
    elements = prod(tensor.shape)
    return _row(tensor, levels) | {
        "rule": form.rule if form else None,
        "step": level_map.step if isinstance(level_map, LevelMap) else None,
        "embedded": bool(names) and arrays[names[0]].embedded,
        "bytes": size,
        "rate": None if size is None or not elements else 8 * size / elements,
        "laplacian_reference": laplacian_rate(levels) if halves else None,
    }


def _blocks(file: File) -> list[dict[str, Any]]:
    """Each block's first byte, and the bytes of its pieces; checksums are not counted."""
    places = [place for place in file.places if place.block != "padding"]
    names = dict.fromkeys(place.block for place in places)
    return [
        {
            "name": name,
            "offset": min(place.offset for place in places if place.block == name),
            "bytes": sum(place.length for place in places if place.block == name),
        }
        for name in names
    ]
