"""The largest magnitudes of a vector, ties to the lowest index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surp.errors import TargetError
from surp.tensors.layout import Vector


def check_count(vector: Vector, count: int) -> None:
    """Raise `TargetError` unless 0 <= count <= number of nonzero weights."""
    nonzero = int(np.count_nonzero(vector))
    if not 0 <= count <= nonzero:
        raise TargetError(
            f"{count} survivors wanted, but {nonzero} of {vector.size} weights are not zero; allowed: 0 to {nonzero}"
        )


def largest(magnitudes: Vector, count: int) -> NDArray[np.bool_]:
    """Mask of the `count` largest, shape (n,), in O(n); of equal ones the lowest indices. 0 <= count <= n."""
    if count == 0:
        return np.zeros(magnitudes.size, dtype=np.bool_)
    edge = np.partition(magnitudes, magnitudes.size - count)[magnitudes.size - count]
    mask = magnitudes > edge
    ties = np.flatnonzero(magnitudes == edge)[: count - int(np.count_nonzero(mask))]
    mask[ties] = True
    return mask
