"""SNIP: prune once, before training, by connection sensitivity; then train what is left from its initial weights.

sensitivity(w) = |w dL/dw| at initialisation, over `calibration` training images (`importance: gradient`).

Source: Lee, Ajanthan and Torr, SNIP: Single-shot Network Pruning based on Connection Sensitivity (arXiv 1810.02340).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surp.layout import Layout, Vector
from surp.prune import Importance, Moment, Selection, SparseTrainingParameters
from surp.prune._ranked import check_count, largest


class Parameters(SparseTrainingParameters):
    """The mask is chosen once: `every` and `until` have no use."""

    importance: Importance = "gradient"

    def due(self, step: int, steps: int) -> bool:
        return False


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """The `count` largest of sqrt(h) |w| = |w dL/dw|, which is what `vector` holds, over the whole model."""
    check_count(vector, count)
    return Selection(largest(np.abs(vector), count))


def update(
    vector: Vector,
    gradient: Vector,
    alive: NDArray[np.bool_],
    layout: Layout,
    moment: Moment,
    parameters: Parameters,
) -> NDArray[np.bool_]:
    """SNIP never changes its mask."""
    return alive
