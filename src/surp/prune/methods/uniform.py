"""Uniform magnitude pruning: the largest weights of each tensor survive, the same share in every tensor.

Source: Zhu and Gupta, To Prune, or Not to Prune (arXiv 1710.01878), section 3: one sparsity for all layers.
"""

from __future__ import annotations

import numpy as np

from surp.prune.interface import Problem, Selection, WeightedParameters
from surp.prune.layerwise import keep_by_share


class Parameters(WeightedParameters):
    """Nothing of its own."""


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest magnitudes of each tensor; one with too few left gives its rest to the others."""
    shares = np.ones(len(problem.layout.names))
    return Selection(keep_by_share(problem.vector, problem.layout, problem.count, shares))
