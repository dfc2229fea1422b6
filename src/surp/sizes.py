"""Bytes that a model takes without any coder: the two numbers that everybody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = 4
"""Bytes of a float32, of an index, of a row's start."""


def dense_bytes(state: Mapping[str, NDArray[Any]]) -> int:
    """Every floating-point element as a float32: the checkpoint without its names and integers."""
    return sum(WORD * value.size for value in state.values() if value.dtype.kind == "f")


def csr_bytes(state: Mapping[str, NDArray[Any]]) -> int:
    """Compressed sparse rows: float32 and 32-bit column of each weight that is not zero, and where each row starts.

    Tensors of two or more dimensions are matrices of as many rows as their first axis has; vectors stay dense.
    """
    total = 0
    for value in state.values():
        if value.dtype.kind == "f":
            survivors, rows = int(np.count_nonzero(value)), value.shape[0] if value.ndim >= 2 else 0
            total += WORD * (2 * survivors + rows + 1) if value.ndim >= 2 else WORD * value.size
    return total
