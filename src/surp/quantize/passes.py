"""Hits of a description in passes, for thresholds that do not halve."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from surp.tensors.layout import Vector


@numba.njit(cache=True, nogil=True)
def hits(unit: Vector, thresholds: Vector, magnitudes: NDArray[np.int32]) -> None:
    """Bit j of magnitudes[i] becomes the hit of threshold j: r >= threshold, and then r -= threshold.

    unit: |u| / step, shape (n,). thresholds: ascending, the first 1, each at most twice the one before, at most 31;
    passes run from the last to the first. What is left lies below 1 if unit < 1 + sum(thresholds).
    """
    for i in range(unit.size):
        rest = unit[i]
        bits = 0
        for j in range(thresholds.size - 1, -1, -1):
            if rest >= thresholds[j]:
                rest -= thresholds[j]
                bits |= 1 << j
        magnitudes[i] = bits
