"""Models that are stored as numbers, without levels: floats of some type, and int8 rows with scales."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.tensors.dtypes import is_float
from surp.tensors.state import State


@dataclass(frozen=True)
class Kept:
    """A whole model as numbers that are stored as they are, without levels.

    tensors: floats, integers, and the int8 of those that have scales. dtypes: the name of the dtype of each. scales:
    float32 of shape (c,) for an int8 tensor of shape (c, ...), whose row i is worth its integers times scale i.
    """

    tensors: State
    dtypes: dict[str, str]
    quantizer: str
    scales: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def state(self) -> State:
        """The values; rows with scales as float32."""
        scaled = {name: times(self.tensors[name], scale) for name, scale in self.scales.items()}
        return self.tensors | scaled

    @property
    def elements(self) -> int:
        return sum(tensor.size for tensor in (*self.tensors.values(), *self.scales.values()))

    @property
    def floats(self) -> int:
        """Floating-point elements of the model."""
        return sum(t.size for name, t in self.tensors.items() if is_float(t.dtype) or name in self.scales)


def times(levels: NDArray[Any], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """int8 of shape (c, ...) by scales of shape (c,): float32 of the same shape."""
    result: NDArray[np.float32] = levels.astype(np.float32) * scales.reshape(-1, *[1] * (levels.ndim - 1))
    return result
