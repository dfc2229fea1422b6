"""Training sparse networks from scratch. One method a file of `methods/`; `interface` says what a file holds.

`training` applies a method to a network that is trained; it needs torch, the methods do not.
"""

from __future__ import annotations

from surp.sparse_training.interface import method, names

__all__ = ["method", "names"]
