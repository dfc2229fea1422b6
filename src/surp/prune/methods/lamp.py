"""LAMP: layer-adaptive magnitude. The largest scores of the whole model survive.

score(u) = w_u^2 / (sum of w_v^2 over the v of the same tensor that are not smaller), which is the relative distortion
of the layer that removing u and all smaller weights would cost, seen from what would be left of it.

Source: Lee et al., Layer-adaptive Sparsity for the Magnitude-based Pruning (arXiv 2010.07611), equation 4.
"""

from __future__ import annotations

import numpy as np

from surp.prune.interface import Problem, Selection, WeightedParameters
from surp.prune.layerwise import places
from surp.prune.ranked import largest
from surp.tensors.layout import Vector

TITLE = "LAMP"


class Parameters(WeightedParameters):
    """Nothing of its own."""


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest scores, O(n log n); ties to the lowest index."""
    scores = [lamp_scores(problem.vector[place]) for place in places(problem.layout)]
    return Selection(largest(np.concatenate([np.zeros(0), *scores]), problem.count))


def lamp_scores(weights: Vector) -> Vector:
    """Scores of one tensor, in (0, 1], shape (n,); 0 for a zero. The largest weight has the score 1."""
    magnitudes = np.abs(weights)
    if not magnitudes.any():
        return np.zeros(weights.size)
    order = np.argsort(-magnitudes, kind="stable")
    squares = (magnitudes[order] / magnitudes.max()) ** 2
    scores = np.empty(weights.size)
    scores[order] = squares / np.cumsum(squares)
    return np.maximum(scores, np.finfo(np.float64).tiny) * (magnitudes > 0)
