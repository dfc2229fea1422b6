"""SuRP's reference schedule as a plain transcription, O(n) a step. Read it beside section 2 of the design: it is the
oracle of `surp.prune.surp.reference`, and the slow side of `benchmarks/bench_prune.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Outcome(NamedTuple):
    """indices: those hit, in order. v: the reconstruction, signed. refreshes: how often there was no candidate."""

    indices: list[int]
    v: np.ndarray
    refreshes: int


def reference_rule(
    weights, count, rng, *, alpha=10.0, alpha_decay=0.9, decay_every=20, iterative=False, most_steps=None
) -> Outcome:
    """Step until `count` distinct weights are hit, or `most_steps` are taken."""
    n = len(weights)
    r = np.abs(weights)
    v = np.zeros(n)
    hit = np.zeros(n, dtype=bool)
    hits, refreshes, indices = 0, 0, []

    def mean_residual():
        return np.mean(r[r > 0]) if iterative else np.mean(r)

    if count == 0:
        return Outcome(indices, v, refreshes)
    tau = alpha * mean_residual()
    while hits < count and (most_steps is None or len(indices) < most_steps):
        candidates = np.flatnonzero(r > tau)
        if candidates.size == 0:
            refreshes += 1
            if refreshes % decay_every == 0:
                alpha *= alpha_decay
            tau = alpha * mean_residual()
            continue
        u = rng.random()
        i = candidates[int(np.floor(u * candidates.size))]
        v[i] += tau
        r[i] -= tau
        tau *= (n - 1) / n
        indices.append(int(i))
        hits += not hit[i]
        hit[i] = True
    return Outcome(indices, np.where((weights < 0) & hit, -v, v), refreshes)
