"""OBD (optimal brain damage): the weights whose removal would raise the loss most survive, by a diagonal Hessian.

saliency(w) = h w^2 / 2, where h is the diagonal of the empirical Fisher (`surp.train.importance`), measured on
`calibration` training images at the weights that are pruned.

Source: LeCun, Denker and Solla, Optimal Brain Damage (1989), equation 5, with the Fisher in place of the Hessian as in
Theis et al. (arXiv 1801.05787), section 3.1.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from surp.prune.interface import Domain, Problem, Selection, WeightedParameters
from surp.prune.ranked import largest

TITLE = "OBD"


class Parameters(WeightedParameters):
    importance: Literal["fisher", "input", "gradient"] = "fisher"

    @property
    def domain(self) -> Domain:
        return "none"


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest of sqrt(h) |w|, which is what the vector holds: they have the largest saliency."""
    return Selection(largest(np.abs(problem.vector), problem.count))
