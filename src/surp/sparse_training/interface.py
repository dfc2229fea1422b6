"""What every method that trains sparse networks from scratch takes and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import Field

from surp import registry
from surp.errors import ParameterError
from surp.prune.interface import Domain, Mask, Problem, PruneParameters, Selection
from surp.tensors.layout import Layout, Vector

_FOLDER = "sparse_training.methods."


@dataclass(frozen=True, eq=False)
class UpdateProblem:
    """Where a training stands: before `step` of `steps`.

    vector: the weights, float64, shape (n,); dead ones are what training has made of them since. gradient: of the loss,
    for every weight, dead or alive. alive: those not masked. layout: where each tensor stands. count: survivors wanted
    when training ends.
    """

    step: int
    steps: int
    vector: Vector
    gradient: Vector
    alive: Mask
    layout: Layout
    count: int


class SparseTrainingParameters(PruneParameters):
    """What the methods that train from scratch have."""

    @property
    def domain(self) -> Domain:
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


class SparseTrainingMethod(Protocol):
    """A file of `surp/sparse_training/methods/`. Its functions take its own `Parameters`."""

    Parameters: type[SparseTrainingParameters]

    def select(self, problem: Problem, parameters: Any) -> Selection:
        """The initial weights that training begins with, exactly `problem.count`, as a pruning method chooses them."""

    def update(self, problem: UpdateProblem, parameters: Any) -> Mask:
        """The survivors from here on; only where `Parameters` are `UpdateParameters`."""


def names() -> tuple[str, ...]:
    """The methods of this folder."""
    return tuple(name for name in registry.names("methods") if registry.module("methods", name).startswith(_FOLDER))


def method(name: str) -> SparseTrainingMethod:
    """The method of that name. Raises `UnknownNameError`, or `ParameterError` for one that prunes trained networks."""
    if registry.check("methods", name) not in names():
        raise ParameterError(f"--method {name}: prunes trained networks (`surp prune`); allowed: {', '.join(names())}")
    return registry.load("methods", name)
