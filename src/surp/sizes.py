"""Bytes that a model takes without any coder: the two numbers that everybody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.layout import takes_part

WORD = 4
"""Bytes of a float32, of an index, of a row's start."""


def dense_bytes(state: Mapping[str, NDArray[Any]]) -> int:
    """Every floating-point element as a float32: the checkpoint without its names and integers."""
    return sum(WORD * value.size for value in state.values() if value.dtype.kind == "f")


def csr_bytes(state: Mapping[str, NDArray[Any]]) -> int:
    """Compressed sparse rows: float32 and 32-bit column of each weight that is not zero, and where each row starts.

    A matrix has as many rows as its first axis; vectors and buffers stay dense.
    """
    total = 0
    for name, value in state.items():
        if takes_part(name, value, "matrices"):
            total += WORD * (2 * int(np.count_nonzero(value)) + value.shape[0] + 1)
        elif value.dtype.kind == "f":
            total += WORD * value.size
    return total
