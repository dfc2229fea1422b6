"""RigL: train sparse from scratch; every so often drop the smallest weights and grow where the gradient is largest.

Begins with a random mask of the ERK distribution. At step t the share alpha / 2 (1 + cos(pi t / T_end)) of each
tensor's living weights is replaced; what is grown starts at 0. Every tensor keeps its count throughout.

Source: Evci et al., Rigging the Lottery (arXiv 1911.11134), section 3 and algorithm 1; every = 100, alpha = 0.3 and
until = 0.75 are theirs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.prune import Moment, Selection, UpdateParameters
from surp.prune.erdos_renyi import shares
from surp.prune.layerwise import allocate, living, sizes, tensors
from surp.prune.ranked import check_count, largest
from surp.tensors.layout import Layout, Vector

TITLE = "RigL"


class Parameters(UpdateParameters):
    """alpha: share of the living weights that is replaced at first."""

    alpha: float = Field(default=0.3, gt=0, le=1)


def select(
    vector: Vector, layout: Layout, count: int, parameters: Parameters, rng: np.random.Generator, iterative: bool
) -> Selection:
    """`count` weights at random, as many of each tensor as ERK gives it."""
    check_count(vector, count)
    survivors = np.zeros(vector.size, dtype=np.bool_)
    counts = allocate(shares(layout), sizes(layout), living(vector, layout), count)
    for number, place in tensors(vector, layout):
        chosen = rng.choice(np.flatnonzero(vector[place]), int(counts[number]), replace=False)
        survivors[place][chosen] = True
    return Selection(survivors)


def update(
    vector: Vector,
    gradient: Vector,
    alive: NDArray[np.bool_],
    layout: Layout,
    moment: Moment,
    parameters: Parameters,
) -> NDArray[np.bool_]:
    """Of each tensor drop the smallest weights and grow as many of those that are then dead."""
    end = parameters.until * moment.steps
    share = parameters.alpha / 2 * (1 + np.cos(np.pi * moment.step / end)) if end else 0.0
    survivors = alive.copy()
    for _, place in tensors(vector, layout):
        replaced = min(int(share * np.count_nonzero(alive[place])), int((~alive[place]).sum()))
        survivors[place] = _replace(np.abs(vector[place]), np.abs(gradient[place]), alive[place], replaced)
    return survivors


def _replace(magnitudes: Vector, gradients: Vector, alive: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    kept = largest(np.where(alive, magnitudes, -1.0), int(np.count_nonzero(alive)) - count)
    grown = largest(np.where(kept, -1.0, gradients), count)
    return kept | grown
