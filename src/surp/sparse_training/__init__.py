"""Training sparse networks from scratch. One method a file of `methods/`; `SparseTrainingMethod` says what it holds.

`surp.sparse_training.training` applies a method to a network that is trained; it needs torch, the methods do not.
"""

from __future__ import annotations

from surp.sparse_training.interface import (
    Moment,
    SparseTrainingMethod,
    SparseTrainingParameters,
    UpdateParameters,
    method,
    names,
)

__all__ = ["Moment", "SparseTrainingMethod", "SparseTrainingParameters", "UpdateParameters", "method", "names"]
