"""SNIP: prune once, before training, by connection sensitivity; then train what is left from its initial weights.

sensitivity(w) = |w dL/dw| at initialisation, over `calibration` training images (`importance: gradient`).

Source: Lee, Ajanthan and Torr, SNIP: Single-shot Network Pruning based on Connection Sensitivity (arXiv 1810.02340).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from surp.prune.interface import Problem, Selection, WeightedParameters
from surp.prune.ranked import largest
from surp.sparse_training.interface import SparseTrainingParameters

TITLE = "SNIP"


class Parameters(SparseTrainingParameters, WeightedParameters):
    """The mask is chosen once, by importance."""

    importance: Literal["fisher", "input", "gradient"] = "gradient"


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest of sqrt(h) |w| = |w dL/dw|, which is what the vector holds, over the whole model."""
    return Selection(largest(np.abs(problem.vector), problem.count))
