"""ERK (Erdos-Renyi kernel) magnitude pruning: small tensors keep more, by the sum of their dimensions.

The density of a tensor is proportional to (n_in + n_out + width + height) / (n_in n_out width height), at most 1; one
factor for all spends the budget. A vector's ratio is 1, so biases stay dense as long as the factor allows.

Source: Evci et al., Rigging the Lottery (arXiv 1911.11134), section 3 (1); Mocanu et al. (2018) for matrices.
"""

from __future__ import annotations

import numpy as np

from surp.prune import Selection, WeightedParameters
from surp.prune.erdos_renyi import shares
from surp.prune.layerwise import allocate, keep_largest, living, sizes
from surp.tensors.layout import Layout, Vector

TITLE = "ERK"


class Parameters(WeightedParameters):
    """Nothing of its own."""


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """The largest magnitudes of each tensor, `count` in all, as many as its dimensions say."""
    return keep_largest(vector, layout, allocate(shares(layout), sizes(layout), living(vector, layout), count))
