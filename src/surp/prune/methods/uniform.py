"""Uniform magnitude pruning: the largest weights of each tensor survive, the same share in every tensor.

Source: Zhu and Gupta, To Prune, or Not to Prune (arXiv 1710.01878), section 3: one sparsity for all layers.
"""

from __future__ import annotations

import numpy as np

from surp.prune import Selection, WeightedParameters
from surp.prune.layerwise import allocate, keep_largest, living, sizes
from surp.tensors.layout import Layout, Vector


class Parameters(WeightedParameters):
    """Nothing of its own."""


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """The largest magnitudes of each tensor, `count` in all; one with too few left gives its rest to the others."""
    shares = np.ones(len(layout.names))
    return keep_largest(vector, layout, allocate(shares, sizes(layout), living(vector, layout), count))
