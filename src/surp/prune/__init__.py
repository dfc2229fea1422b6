"""Pruning: which weights survive. One method a file of `methods/`; `interface` says what a file holds.

`run` applies a method to a whole model; `low_memory` does what `global_magnitude` does, a tensor at a time.
"""

from __future__ import annotations

from surp.prune.apply import run
from surp.prune.interface import Target, method

__all__ = ["Target", "method", "run"]
