"""Global magnitude pruning: the largest weights of the whole model survive.

With `scale: norm` each tensor is divided by its L2 norm first, as SuRP does (arXiv 2102.08329, section 4); with
`scale: none` the weights are compared as they are. Ties go to the lowest index in the order of the sorted names.
"""

from __future__ import annotations

import numpy as np

from surp.layout import Vector
from surp.prune import PruneParameters, Scale, Selection
from surp.prune._ranked import check_count, largest


class Parameters(PruneParameters):
    scale: Scale = "norm"

    @property
    def domain(self) -> Scale:
        return self.scale


def select(vector: Vector, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool) -> Selection:
    """The `count` largest magnitudes; deterministic, and the same in every round.

    Raises `TargetError` if fewer than `count` weights are not zero.
    """
    check_count(vector, count)
    return Selection(largest(np.abs(vector), count))
