"""ERK (Erdos-Renyi kernel) magnitude pruning: small tensors keep more, by the sum of their dimensions.

The density of a tensor is proportional to (n_in + n_out + width + height) / (n_in n_out width height), at most 1; one
factor for all spends the budget. A vector's ratio is 1, so biases stay dense as long as the factor allows.

Source: Evci et al., Rigging the Lottery (arXiv 1911.11134), section 3 (1); Mocanu et al. (2018) for matrices.
"""

from __future__ import annotations

from surp.prune.interface import Problem, Selection, WeightedParameters
from surp.prune.layerwise import erdos_renyi, keep_by_share

TITLE = "ERK"


class Parameters(WeightedParameters):
    """Nothing of its own."""


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest magnitudes of each tensor, as many as its dimensions say."""
    shares = erdos_renyi(problem.layout)
    return Selection(keep_by_share(problem.vector, problem.layout, problem.count, shares))
