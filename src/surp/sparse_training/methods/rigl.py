"""RigL: train sparse from scratch; every so often drop the smallest weights and grow where the gradient is largest.

Begins with a random mask of the ERK distribution. At step t the share alpha / 2 (1 + cos(pi t / T_end)) of each
tensor's living weights is replaced; what is grown starts at 0. Every tensor keeps its count throughout.

Source: Evci et al., Rigging the Lottery (arXiv 1911.11134), section 3 and algorithm 1; every = 100, alpha = 0.3 and
until = 0.75 are theirs.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from surp.prune.interface import Mask, Problem, Selection
from surp.prune.layerwise import allocate, erdos_renyi, nonzeros, places, sizes
from surp.prune.ranked import largest
from surp.sparse_training.interface import UpdateParameters, UpdateProblem
from surp.tensors.layout import Vector

TITLE = "RigL"


class Parameters(UpdateParameters):
    """alpha: share of the living weights that is replaced at first."""

    alpha: float = Field(default=0.3, gt=0, le=1)


def select(problem: Problem, parameters: Parameters) -> Selection:
    """Weights at random, as many of each tensor as ERK gives it."""
    vector, layout = problem.vector, problem.layout
    survivors = np.zeros(vector.size, dtype=np.bool_)
    counts = allocate(erdos_renyi(layout), sizes(layout), nonzeros(vector, layout), problem.count)
    for place, count in zip(places(layout), counts, strict=True):
        chosen = problem.rng.choice(np.flatnonzero(vector[place]), int(count), replace=False)
        survivors[place][chosen] = True
    return Selection(survivors)


def update(problem: UpdateProblem, parameters: Parameters) -> Mask:
    """Of each tensor drop the smallest weights and grow as many of those that are then dead."""
    end = parameters.until * problem.steps
    share = parameters.alpha / 2 * (1 + np.cos(np.pi * problem.step / end)) if end else 0.0
    survivors = problem.alive.copy()
    for place in places(problem.layout):
        alive = problem.alive[place]
        replaced = min(int(share * np.count_nonzero(alive)), int((~alive).sum()))
        survivors[place] = _replace(np.abs(problem.vector[place]), np.abs(problem.gradient[place]), alive, replaced)
    return survivors


def _replace(magnitudes: Vector, gradients: Vector, alive: Mask, count: int) -> Mask:
    kept = _largest_among(alive, magnitudes, int(np.count_nonzero(alive)) - count)
    return kept | _largest_among(~kept, gradients, count)


def _largest_among(candidates: Mask, magnitudes: Vector, count: int) -> Mask:
    result = candidates.copy()
    result[candidates] = largest(magnitudes[candidates], count)
    return result
