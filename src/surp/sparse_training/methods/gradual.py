"""Gradual magnitude pruning while training from scratch, on a cubic schedule of the sparsity.

At progress p between `begin` and `until`, s = s_final (1 - (1 - p)^3), every `every` steps; what is pruned stays
zero. The budget is shared by all tensors (`allocation: global`, so that layers adapt) or is the same in each
(`uniform`).

Source: Zhu and Gupta, To Prune, or Not to Prune (arXiv 1710.01878), equation 1; Gale, Elsen and Hooker (arXiv
1902.09574) use it as their magnitude pruning.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from surp.errors import ParameterError
from surp.prune.interface import Mask, Problem, Selection
from surp.prune.layerwise import keep_by_share
from surp.prune.ranked import largest
from surp.sparse_training.interface import UpdateParameters, UpdateProblem
from surp.tensors.layout import Layout, Vector


class Parameters(UpdateParameters):
    """begin: share of the training before the first weight goes, below `until`. allocation: of the budget."""

    begin: float = Field(default=0.1, ge=0, lt=1)
    allocation: Literal["global", "uniform"] = "global"

    @model_validator(mode="after")
    def _begins_before_its_end(self) -> Self:
        if self.begin >= self.until:
            raise ValueError(f"begin must be below until, {self.until} (got {self.begin})")
        return self

    @property
    def starts_dense(self) -> bool:
        return True

    def check_steps(self, steps: int) -> None:
        """It prunes at changes of the mask only: there has to be one."""
        if self.every > self.until * steps:
            raise ParameterError(
                f"every: {self.every} steps, but only {int(self.until * steps)} of the training's {steps} stand before "
                f"its end, until {self.until}: nothing would be pruned"
            )


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest magnitudes of the model, or of each tensor its share."""
    return Selection(_largest(problem.vector, problem.layout, problem.count, parameters))


def update(problem: UpdateProblem, parameters: Parameters) -> Mask:
    """The largest of the weights that live, as many as the schedule allows at this step."""
    vector = np.where(problem.alive, problem.vector, 0.0)
    count = survivors_at(problem, parameters)
    if count >= np.count_nonzero(vector):
        return problem.alive
    return _largest(vector, problem.layout, count, parameters)


def survivors_at(problem: UpdateProblem, parameters: Parameters) -> int:
    """Weights left at a step of the cubic schedule; `problem.count` at its end and after.

    Changes come every `every` steps: the last one there is in time is the schedule's end.
    """
    last = parameters.until * problem.steps // parameters.every * parameters.every
    first = parameters.begin * problem.steps
    progress = 1.0 if last <= first else min(max((problem.step - first) / (last - first), 0.0), 1.0)
    return problem.count + round((problem.vector.size - problem.count) * (1 - progress) ** 3)


def _largest(vector: Vector, layout: Layout, count: int, parameters: Parameters) -> Mask:
    if parameters.allocation == "global":
        return largest(np.abs(vector), count)
    return keep_by_share(vector, layout, count, np.ones(len(layout.names)))
