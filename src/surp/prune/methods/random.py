"""Random pruning: every weight that is left survives with the same chance. The floor that any criterion must beat.

Source: the baseline of Gale, Elsen and Hooker, The State of Sparsity in Deep Neural Networks (arXiv 1902.09574).
"""

from __future__ import annotations

import numpy as np

from surp.prune import PruneParameters, Selection
from surp.prune.ranked import check_count
from surp.tensors.layout import Layout, Vector


class Parameters(PruneParameters):
    """Nothing of its own."""


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """`count` of the weights that are not zero, drawn without replacement."""
    check_count(vector, count)
    survivors = np.zeros(vector.size, dtype=np.bool_)
    survivors[rng.choice(np.flatnonzero(vector), count, replace=False)] = True
    return Selection(survivors)
