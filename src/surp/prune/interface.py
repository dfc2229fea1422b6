"""What every pruning method takes and returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.errors import ParameterError
from surp.parameters import Frozen, ReadUnless
from surp.tensors.layout import Vector
from surp.tensors.state import State, Tensors

Scale = Literal["norm", "none"]
"""Weights as they are compared: each tensor divided by its L2 norm, or as it is."""
Stop = Literal["sparsity", "rate", "distortion"]
Importance = Literal["none", "fisher", "input", "gradient"]
_RULES = {"sparsity": "at least 0 and below 1", "rate": "above 0 and finite", "distortion": "above 0 and below 1"}


@dataclass(frozen=True)
class Target:
    """Where pruning stops.

    sparsity: zeros over all weights that take part. rate: bits/weight that the description of the survivors may cost.
    distortion: mean |u - v| relative to mean |u| at most, over the vector u that the method is given and its
    description v. Raises `ParameterError` for a value out of range.
    """

    stop: Stop
    value: float

    def __post_init__(self) -> None:
        if self.stop == "sparsity":
            inside = 0 <= self.value < 1
        else:
            inside = 0 < self.value < (math.inf if self.stop == "rate" else 1)
        if not inside:
            raise ParameterError(f"{self.stop}: must be {_RULES[self.stop]} (got {self.value})")

    def __str__(self) -> str:
        return f"{self.stop} {self.value:g}"


class PruneParameters(Frozen):
    """What every method has. tensors: which take part."""

    tensors: Tensors = "all"

    @property
    def measured(self) -> Importance:
        """What a weight's distortion is weighted by; it is measured on images of the training part."""
        return "none"

    @property
    def coarse(self) -> bool:
        """Whether survivors keep the method's reconstruction instead of their weights."""
        return False

    @property
    def domain(self) -> Scale:
        """The scale of the vector that `select` is given."""
        return "norm"

    @property
    def stops(self) -> tuple[Stop, ...]:
        """What the method can stop at. More than `sparsity` needs the function `reach` beside `select`."""
        return ("sparsity",)

    @property
    def trains(self) -> bool:
        """Whether the method trains sparse networks from scratch instead of pruning trained ones."""
        return False

    def record(self) -> dict[str, str]:
        """Columns that tell the method's variant."""
        keep = "reconstruction" if self.coarse else "weights"
        return {
            "mode": getattr(self, "mode", ""),
            "keep": keep,
            "importance": self.measured,
            "tensors": self.tensors,
        }


class WeightedParameters(PruneParameters):
    """What the methods have that compare weights by importance, too.

    importance: what a weight's distortion is weighted by (`surp.train.importance`), measured on `calibration` images of
    the training part.
    """

    importance: Importance = "none"
    calibration: Annotated[int, ReadUnless("importance", "none")] = Field(default=1000, ge=1)

    @property
    def measured(self) -> Importance:
        return self.importance


class SparseTrainingParameters(PruneParameters):
    """What the methods that train from scratch have."""

    @property
    def domain(self) -> Scale:
        return "none"

    @property
    def trains(self) -> bool:
        return True

    @property
    def starts_dense(self) -> bool:
        """Whether training begins with all weights, or with those that `select` keeps of the initial ones."""
        return False

    def due(self, step: int, steps: int) -> bool:
        """Whether the mask may change at this step."""
        return False

    def check_steps(self, steps: int) -> None:
        """Raise `ParameterError` if a training of so many steps cannot end as the method promises."""


class UpdateParameters(SparseTrainingParameters):
    """What the methods have whose masks change while they train.

    every: training steps between two changes of the mask. until: share of the training after which it stays.
    """

    every: int = Field(default=100, ge=1)
    until: float = Field(default=0.75, gt=0, le=1)

    def due(self, step: int, steps: int) -> bool:
        return step > 0 and step % self.every == 0 and step <= self.until * steps


@dataclass(frozen=True)
class Moment:
    """Where a training from scratch stands: `step` of `steps`; `count` survivors are wanted in the end."""

    step: int
    steps: int
    count: int


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
        """Indices into the vector of `surp.tensors.layout.flatten`, in the order of the description."""
        return self.selection.steps
