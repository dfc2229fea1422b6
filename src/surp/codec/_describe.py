"""What `surp info` tells about a file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from surp.codec._assemble import Contents, read
from surp.codec._format import VERSION


def facts(data: bytes) -> dict[str, Any]:
    """Facts of plain JSON types. Bytes of a tensor are the bits its decisions took, over 8; the rest is framing."""
    contents = read(data, "")
    header = contents.header
    tensors = [_tensor(contents, index) for index in range(len(header.tensors))]
    weights = sum(row["elements"] for row in tensors if row["dtype"].startswith("float"))
    return {
        "version": VERSION,
        "kind": header.kind,
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
    nonzero = int(np.count_nonzero(contents.levels[tensor.name]))
    elements = prod(tensor.shape)
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "elements": elements,
        "nonzero": nonzero,
        "sparsity": 1 - nonzero / elements if elements else 0.0,
        "step": tensor.map.step if tensor.map else None,
        "embedded": tensor.embedded,
        "bytes": contents.bits[tensor.name] / 8,
    }
