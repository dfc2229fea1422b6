"""Norm-scaled global magnitude pruning one tensor at a time, whatever the size of the model.

Keeps what the method `global_magnitude` with `scale: norm` keeps. There all weights stand in one float64 vector, many
times the size of the model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surp.prune.apply import survivors_of
from surp.prune.ranked import largest_of
from surp.tensors.layout import Vector
from surp.tensors.state import State, takes_part


def sparsify(state: State, sparsity: float) -> State:
    """The matrices (`surp.tensors.state.takes_part`), with zeros where pruned: n - round(sparsity * n) are left.

    Ties go to the lowest index in the order of the sorted names. Raises `TargetError` if fewer are not zero.
    """
    matrices = {name: state[name] for name in sorted(state) if takes_part(name, state[name], "matrices")}
    size = sum(tensor.size for tensor in matrices.values())
    count = survivors_of(sparsity, size, sum(int(np.count_nonzero(tensor)) for tensor in matrices.values()))
    masks = largest_of(lambda: _magnitudes(matrices), size, count)
    return {
        name: np.where(mask.reshape(tensor.shape), tensor, tensor.dtype.type(0))
        for (name, tensor), mask in zip(matrices.items(), masks, strict=True)
    }


def _magnitudes(matrices: State) -> Iterator[Vector]:
    """Of each tensor over its L2 norm, shape (n,)."""
    for tensor in matrices.values():
        flat = tensor.reshape(-1).astype(np.float64)
        norm = float(np.linalg.norm(flat))
        if norm > 0:
            np.divide(flat, norm, out=flat)
        yield np.abs(flat, out=flat)
