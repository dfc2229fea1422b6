"""A heap of indices, the one with the largest key on top; the children of place k are 2 k + 1 and 2 k + 2."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from surp.tensors.layout import Vector


@numba.njit(cache=True, nogil=True)
def push(heap: NDArray[np.int32], key: Vector, size: int, index: int) -> None:
    """Put `index` into the heap that fills heap[:size]; afterwards it fills heap[: size + 1]."""
    hole = size
    while hole > 0 and key[heap[(hole - 1) >> 1]] < key[index]:
        heap[hole] = heap[(hole - 1) >> 1]
        hole = (hole - 1) >> 1
    heap[hole] = index


@numba.njit(cache=True, nogil=True)
def pop(heap: NDArray[np.int32], key: Vector, size: int) -> int:
    """Take the index with the largest key out of heap[:size], size > 0; afterwards the heap fills heap[: size - 1]."""
    top, last = heap[0], heap[size - 1]
    hole, child = 0, 1
    while child < size - 1:
        if child + 1 < size - 1 and key[heap[child + 1]] > key[heap[child]]:
            child += 1
        if key[heap[child]] <= key[last]:
            break
        heap[hole] = heap[child]
        hole, child = child, 2 * child + 1
    heap[hole] = last
    return top
