"""Global magnitude pruning: the largest weights of the whole model survive.

With `scale: norm` each tensor is divided by its L2 norm first, as SuRP does (arXiv 2102.08329, section 4); with
`scale: none` the weights are compared as they are. Ties go to the lowest index in the order of the sorted names.

Survivors are described exactly and the others not at all, so the distortion is the magnitude that is pruned. Nothing
says how the survivors are told, so there is no rate.
"""

from __future__ import annotations

import numpy as np

from surp.prune.interface import Domain, Problem, Selection, Stop, Target, WeightedParameters
from surp.prune.ranked import largest


class Parameters(WeightedParameters):
    scale: Domain = "norm"

    @property
    def domain(self) -> Domain:
        return self.scale

    @property
    def stops(self) -> tuple[Stop, ...]:
        return ("sparsity", "distortion")


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest magnitudes; deterministic, and the same in every round."""
    return Selection(largest(np.abs(problem.vector), problem.count))


def reach(problem: Problem, target: Target, parameters: Parameters) -> Selection:
    """The fewest largest magnitudes without which at most `target.value` of all magnitude is pruned, O(n log n)."""
    magnitudes = np.abs(problem.vector)
    scaled = np.sort(magnitudes / magnitudes.max())  # no sum of them overflows
    left_out = np.concatenate([[0.0], np.cumsum(scaled)])  # by the 0, 1, ... n smallest
    most = int(np.searchsorted(left_out, target.value * left_out[-1], side="right")) - 1
    return Selection(largest(magnitudes, min(magnitudes.size - most, problem.count)))
