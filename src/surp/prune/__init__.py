"""Pruning: which weights survive. One method a file; each file holds `Parameters` and `select`.

    def select(vector, layout, count, parameters, rng, iterative) -> Selection

`vector`: the weights in the method's domain (`PruneParameters.domain`), float64, shape (n,); zeros are already
pruned. `count`: survivors wanted. `rng`: a numpy Generator, the only source of random numbers. `iterative`: whether
this round starts from pruned weights. A method that can also stop at a rate or a distortion says so in its parameters'
`stops`, and holds

    def reach(vector, layout, target, parameters, rng, iterative) -> Selection

`layout`: where each tensor stands in the vector, and its shape. `run` applies a method to a whole model.

`Parameters` derive from `WeightedParameters` where importance may weigh the vector, else from `PruneParameters`. A
method that trains from scratch (`SparseTrainingParameters`) begins with what `select` keeps of the initial weights; one
with `UpdateParameters` may change that every so many steps:

    def update(vector, gradient, alive, layout, moment, parameters) -> survivors

`gradient`: of the loss, for every weight, dead or alive; `alive` and `survivors`: bool; all of shape (n,).
"""

from __future__ import annotations

from surp import registry
from surp.prune.apply import run
from surp.prune.interface import (
    Importance,
    Moment,
    Pruned,
    PruneParameters,
    Scale,
    Selection,
    SparseTrainingParameters,
    Stop,
    Target,
    UpdateParameters,
    WeightedParameters,
)

__all__ = [
    "Importance",
    "Moment",
    "PruneParameters",
    "Pruned",
    "Scale",
    "Selection",
    "SparseTrainingParameters",
    "Stop",
    "Target",
    "UpdateParameters",
    "WeightedParameters",
    "run",
    "trainers",
]


def trainers() -> tuple[str, ...]:
    """Names of the methods that train sparse networks from scratch."""
    return tuple(name for name in registry.names("methods") if registry.load("methods", name).Parameters().trains)
