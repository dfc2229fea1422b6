"""Pruning: which weights survive. One method a file; each file holds `Parameters` and `select`.

    def select(vector, count, parameters, rng, iterative) -> Selection

`vector`: the normalised weights (`surp.layout.flatten`), float64, shape (n,); zeros are already pruned.
`count`: survivors wanted. `rng`: a numpy Generator, the only source of random numbers. `iterative`: whether this
round starts from pruned weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surp.layout import Tensors, Vector
from surp.parameters import Frozen


class PruneParameters(Frozen):
    """What every method has: which tensors take part, and what survivors keep."""

    tensors: Tensors = "all"
    keep: Literal["weights", "reconstruction"] = "weights"


@dataclass(frozen=True)
class Selection:
    """survivors: bool, shape (n,). reconstruction: the coarse description of `vector` so far, if the method makes
    one, shape (n,). steps: the indices described, in order, if the method describes step by step."""

    survivors: NDArray[np.bool_]
    reconstruction: Vector | None = None
    steps: NDArray[Any] | None = None
