"""Random pruning: every weight that is left survives with the same chance. The floor that any criterion must beat.

Source: the baseline of Gale, Elsen and Hooker, The State of Sparsity in Deep Neural Networks (arXiv 1902.09574).
"""

from __future__ import annotations

import numpy as np

from surp.prune.interface import Problem, PruneParameters, Selection


class Parameters(PruneParameters):
    """Nothing of its own."""


def select(problem: Problem, parameters: Parameters) -> Selection:
    """Weights that are not zero, drawn without replacement."""
    survivors = np.zeros(problem.vector.size, dtype=np.bool_)
    survivors[problem.rng.choice(np.flatnonzero(problem.vector), problem.count, replace=False)] = True
    return Selection(survivors)
