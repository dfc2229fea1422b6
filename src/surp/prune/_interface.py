"""What every pruning method takes and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surp.layout import State, Tensors, Vector
from surp.parameters import Frozen

Scale = Literal["norm", "none"]
"""Weights as they are compared: each tensor divided by its L2 norm, or as it is."""


class PruneParameters(Frozen):
    """What every method has: which tensors take part, and what survivors keep."""

    tensors: Tensors = "all"
    keep: Literal["weights", "reconstruction"] = "weights"

    @property
    def domain(self) -> Scale:
        """The scale of the vector that `select` is given."""
        return "norm"


@dataclass(frozen=True)
class Selection:
    """survivors: bool, shape (n,). reconstruction: the coarse description of `vector` so far, if the method makes
    one, shape (n,). steps: the indices described, in order, if the method describes step by step."""

    survivors: NDArray[np.bool_]
    reconstruction: Vector | None = None
    steps: NDArray[Any] | None = None


@dataclass(frozen=True)
class Pruned:
    """A pruned model.

    state: every tensor of the model, in its shape and dtype. size: weights that took part; survivors: those kept.
    """

    state: State
    selection: Selection
    size: int
    survivors: int

    @property
    def sparsity(self) -> float:
        """Zeros over all weights that took part; 0 for none."""
        return (self.size - self.survivors) / self.size if self.size else 0.0

    @property
    def steps(self) -> NDArray[Any] | None:
        """Indices into the vector of `surp.layout.flatten`, in the order of the description."""
        return self.selection.steps
