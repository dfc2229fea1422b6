"""SNIP: prune once, before training, by connection sensitivity; then train what is left from its initial weights.

sensitivity(w) = |w dL/dw| at initialisation, over `calibration` training images (`importance: gradient`).

Source: Lee, Ajanthan and Torr, SNIP: Single-shot Network Pruning based on Connection Sensitivity (arXiv 1810.02340).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from surp.prune import Selection, SparseTrainingParameters, WeightedParameters
from surp.prune.ranked import check_count, largest
from surp.tensors.layout import Layout, Vector

TITLE = "SNIP"


class Parameters(SparseTrainingParameters, WeightedParameters):
    """The mask is chosen once, by importance."""

    importance: Literal["fisher", "input", "gradient"] = "gradient"


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """The `count` largest of sqrt(h) |w| = |w dL/dw|, which is what `vector` holds, over the whole model."""
    check_count(vector, count)
    return Selection(largest(np.abs(vector), count))
