"""What every pruning method takes and returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp import registry
from surp.errors import ParameterError, TargetError
from surp.parameters import Frozen, ReadUnless
from surp.tensors.layout import Layout, Vector
from surp.tensors.state import Tensors

Domain = Literal["norm", "none"]
"""Weights as they are compared: each tensor divided by its L2 norm, or as it is."""
Stop = Literal["sparsity", "rate", "distortion"]
Importance = Literal["none", "fisher", "input", "gradient"]
Mask = NDArray[np.bool_]
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


@dataclass(frozen=True, eq=False)
class Problem:
    """What a method is asked.

    vector: the weights in the method's domain, weighted by importance if it has one, float64, shape (n,); zeros are
    already pruned. layout: where each tensor stands in the vector, and its shape. count: survivors wanted, or at most
    where a target is to be reached; `TargetError` unless so many weights are not zero. rng: the only source of random
    numbers. iterative: whether this round starts from pruned weights.
    """

    vector: Vector
    layout: Layout
    count: int
    rng: np.random.Generator
    iterative: bool = False

    def __post_init__(self) -> None:
        nonzero = int(np.count_nonzero(self.vector))
        if not 0 <= self.count <= nonzero:
            raise TargetError(
                f"{self.count} survivors wanted, but {nonzero} of {self.vector.size} weights are not zero; "
                f"allowed: 0 to {nonzero}"
            )


@dataclass(frozen=True)
class Selection:
    """survivors: shape (n,). reconstruction: the coarse description of the vector so far, if the method makes one,
    shape (n,). steps: the indices described, in order, if the method describes step by step."""

    survivors: Mask
    reconstruction: Vector | None = None
    steps: NDArray[Any] | None = None


class PruneParameters(Frozen):
    """What every method has. tensors: which take part."""

    tensors: Tensors = "all"

    @property
    def measured(self) -> Importance:
        """What a weight's distortion is weighted by; it is measured on images of the training part."""
        return "none"

    @property
    def images(self) -> int:
        """How many images that takes; 0 where nothing is measured."""
        return 0

    @property
    def coarse(self) -> bool:
        """Whether survivors keep the method's reconstruction instead of their weights."""
        return False

    @property
    def domain(self) -> Domain:
        """The scale of the vector that the method is given."""
        return "norm"

    @property
    def stops(self) -> tuple[Stop, ...]:
        """What the method can stop at. More than `sparsity` needs the function `reach` beside `select`."""
        return ("sparsity",)

    @property
    def trains(self) -> bool:
        """Whether the method trains sparse networks from scratch instead of pruning trained ones."""
        return False

    def record(self) -> dict[str, Any]:
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

    @property
    def images(self) -> int:
        return self.calibration if self.measured != "none" else 0


class PruningMethod(Protocol):
    """A file of `surp/prune/methods/`. Its functions take its own `Parameters`."""

    Parameters: type[PruneParameters]

    def select(self, problem: Problem, parameters: Any) -> Selection:
        """The weights that survive, exactly `problem.count`."""

    def reach(self, problem: Problem, target: Target, parameters: Any) -> Selection:
        """The weights that survive at a rate or a distortion; only where `Parameters.stops` has more than sparsity."""


def method(name: str) -> PruningMethod:
    """The method of that name. Raises `UnknownNameError` with the names that are there."""
    return registry.load("methods", name)
