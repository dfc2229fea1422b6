"""Pruning: which weights survive. One method a file of `methods/`; `PruningMethod` says what a file holds.

`run` applies a method to a whole model; `prune.low_memory` does what `global_magnitude` does, a tensor at a time.
"""

from __future__ import annotations

from surp.prune.apply import Pruned, run
from surp.prune.interface import (
    Domain,
    Importance,
    Mask,
    Problem,
    PruneParameters,
    PruningMethod,
    Selection,
    Stop,
    Target,
    WeightedParameters,
    method,
)

__all__ = [
    "Domain",
    "Importance",
    "Mask",
    "Problem",
    "PruneParameters",
    "Pruned",
    "PruningMethod",
    "Selection",
    "Stop",
    "Target",
    "WeightedParameters",
    "method",
    "run",
]
