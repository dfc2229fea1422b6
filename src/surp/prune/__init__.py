"""Pruning: which weights survive. One method a file; each file holds `Parameters` and `select`.

    def select(vector, count, parameters, rng, iterative) -> Selection

`vector`: the weights in the method's domain (`PruneParameters.domain`), float64, shape (n,); zeros are already
pruned. `count`: survivors wanted. `rng`: a numpy Generator, the only source of random numbers. `iterative`: whether
this round starts from pruned weights. A method that can also stop at a rate or a distortion says so in its parameters'
`stops`, and holds

    def reach(vector, layout, target, parameters, rng, iterative) -> Selection

`layout`: where each tensor stands in the vector, and its shape. `run` applies a method to a whole model.
"""

from __future__ import annotations

from surp.prune._apply import run
from surp.prune._interface import Pruned, PruneParameters, Scale, Selection, Stop, Target

__all__ = ["PruneParameters", "Pruned", "Scale", "Selection", "Stop", "Target", "run"]
