"""What `surp info` tells about a file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from surp.codec._assemble import Contents, read
from surp.codec._exact import packed_bytes
from surp.codec._format import VERSION
from surp.codec._header import is_float
from surp.codec._reference import reference
from surp.levels import HALF


def facts(data: bytes) -> dict[str, Any]:
    """Facts of plain JSON types. Bytes of a tensor are the bits its decisions took, over 8; the rest is framing.

    rate: bits an element. laplacian_reference: of a tensor that looks Laplacian (`surp.codec._reference`), what R(D)
    asks at the distortion that its cells have.
    """
    contents = read(data, "")
    header = contents.header
    tensors = [_tensor(contents, index) for index in range(len(header.tensors))]
    weights = sum(row["elements"] for row in tensors if is_float(row["dtype"]))
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


def _tensor(contents: Contents, index: int) -> dict[str, Any]:
    tensor = contents.header.tensors[index]
    levels = contents.levels[tensor.name]
    nonzero = int(np.count_nonzero(levels))
    elements = prod(tensor.shape)
    size = contents.bits[tensor.name] / 8
    if tensor.bits is not None:
        size += packed_bytes(tensor, levels)
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "elements": elements,
        "nonzero": nonzero,
        "sparsity": 1 - nonzero / elements if elements else 0.0,
        "step": tensor.map.step if tensor.map else None,
        "embedded": tensor.embedded,
        "bytes": size,
        "rate": 8 * size / elements if elements else None,
        "laplacian_reference": reference(levels) if tensor.map and tensor.map.ratio == HALF else None,
    }
