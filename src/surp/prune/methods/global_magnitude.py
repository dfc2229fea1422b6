"""Global magnitude pruning: the largest weights of the whole model survive.

With `scale: norm` each tensor is divided by its L2 norm first, as SuRP does (arXiv 2102.08329, section 4); with
`scale: none` the weights are compared as they are. Ties go to the lowest index in the order of the sorted names.

Survivors are described exactly and the others not at all, so the distortion is the magnitude that is pruned. Nothing
says how the survivors are told, so there is no rate.
"""

from __future__ import annotations

import numpy as np

from surp.prune import Scale, Selection, Stop, Target, WeightedParameters
from surp.prune.ranked import check_count, largest
from surp.tensors.layout import Layout, Vector


class Parameters(WeightedParameters):
    scale: Scale = "norm"

    @property
    def domain(self) -> Scale:
        return self.scale

    @property
    def stops(self) -> tuple[Stop, ...]:
        return ("sparsity", "distortion")


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """The `count` largest magnitudes; deterministic, and the same in every round.

    Raises `TargetError` if fewer than `count` weights are not zero.
    """
    check_count(vector, count)
    return Selection(largest(np.abs(vector), count))


def reach(
    vector: Vector,
    layout: Layout,
    target: Target,
    parameters: Parameters,
    rng: np.random.Generator,
    iterative: bool,
) -> Selection:
    """The fewest largest magnitudes without which at most `target.value` of all magnitude is pruned, O(n log n)."""
    magnitudes = np.abs(vector)
    scaled = np.sort(magnitudes / magnitudes.max())  # no sum of them overflows
    left_out = np.concatenate([[0.0], np.cumsum(scaled)])  # by the 0, 1, ... n smallest
    most = int(np.searchsorted(left_out, target.value * left_out[-1], side="right")) - 1
    count = min(vector.size - most, int(np.count_nonzero(magnitudes)))
    return Selection(largest(magnitudes, count))
