"""constriction's range coder with one static model a tensor: its histogram, which is in the file.

Model tables (symbols as differences, counts as varints) count; all tensors share one stream.
"""

from __future__ import annotations

import constriction
import numpy as np
from _plain import Levels, header, read_header, read_table, table

_queue = constriction.stream.queue


def encode(levels: Levels) -> bytes:
    coder, tables = _queue.RangeEncoder(), b""
    for level in levels.values():
        if level.size:
            symbols, indices, counts = np.unique(level.reshape(-1), return_inverse=True, return_counts=True)
            tables += table(symbols, counts)
            if len(symbols) > 1:
                coder.encode(indices.reshape(-1).astype(np.int32), _model(counts))
    return header(levels) + tables + coder.get_compressed().tobytes()


def decode(data: bytes) -> dict[str, np.ndarray]:
    shapes, position = read_header(data)
    models = {}
    for name, shape in shapes.items():
        if np.prod(shape, dtype=np.int64):
            symbols, counts, position = read_table(data, position)
            models[name] = symbols, counts
    coder = _queue.RangeDecoder(np.frombuffer(data[position:], dtype=np.uint32))
    return {name: _tensor(coder, shape, *models.get(name, (None, None))) for name, shape in shapes.items()}


def _tensor(coder, shape, symbols, counts) -> np.ndarray:
    size = int(np.prod(shape, dtype=np.int64))
    if symbols is None or len(symbols) == 1:
        return np.full(shape, 0 if symbols is None else symbols[0], dtype=np.int64)
    return symbols[coder.decode(_model(counts), size)].reshape(shape)


def _model(counts: np.ndarray):
    """From integer counts, so that encoder and decoder build the same one."""
    return constriction.stream.model.Categorical(counts / counts.sum(), perfect=False)
