"""Norm-scaled global magnitude pruning in little memory: one tensor at a time, whatever the size of the model.

Keeps what the method `global_magnitude` with `scale: norm` keeps. There all weights stand in one float64 vector, many
times the size of the model; here the magnitude at which the cut falls is found digit by digit, from its bits: positive
floats are ordered as the integers of their bits are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from surp.errors import TargetError
from surp.tensors.state import State, takes_part

_DIGIT = 16


def survivors(state: State, sparsity: float) -> State:
    """The matrices (`surp.tensors.state.takes_part`), with zeros where pruned: n - round(sparsity * n) are left.

    Ties go to the lowest index in the order of the sorted names. Raises `TargetError` if fewer are not zero.
    """
    names = [name for name in sorted(state) if takes_part(name, state[name], "matrices")]
    total = sum(state[name].size for name in names)
    nonzero = sum(int(np.count_nonzero(state[name])) for name in names)
    count = total - round(sparsity * total)
    if count > nonzero:
        raise TargetError(
            f"sparsity {sparsity} leaves {count} of {total} weights, but only {nonzero} are not zero; "
            f"allowed: at least {1 - nonzero / total:.6g}"
        )
    edge, spare = _edge(state, names, count)
    result: State = {}
    for name, keys in _keys(state, names):
        mask = keys > edge
        ties = np.flatnonzero(keys == edge)[:spare]
        spare -= ties.size
        mask[ties] = True
        result[name] = np.where(mask.reshape(state[name].shape), state[name], state[name].dtype.type(0))
    return result


def _edge(state: State, names: list[str], count: int) -> tuple[np.uint64, int]:
    """The bits of the `count`-th magnitude, and how many of those equal to it survive."""
    if count == 0:
        return np.uint64(np.iinfo(np.uint64).max), 0
    prefix = 0
    for shift in range(64 - _DIGIT, -1, -_DIGIT):
        counts = np.zeros(1 << _DIGIT, dtype=np.int64)
        for _, keys in _keys(state, names):
            inside = keys[(keys >> np.uint64(shift) >> np.uint64(_DIGIT)) == prefix] if shift < 48 else keys
            digits = (inside >> np.uint64(shift)) & np.uint64((1 << _DIGIT) - 1)
            counts += np.bincount(digits.astype(np.int64), minlength=counts.size)
        above = np.cumsum(counts[::-1])
        step = int(np.searchsorted(above, count))
        count -= int(above[step] - counts[counts.size - 1 - step])
        prefix = prefix << _DIGIT | counts.size - 1 - step
    return np.uint64(prefix), count


def _keys(state: State, names: list[str]) -> Iterator[tuple[str, NDArray[np.uint64]]]:
    """Name, and the bits of each magnitude over the tensor's L2 norm, shape (n,)."""
    for name in names:
        flat = state[name].reshape(-1).astype(np.float64)
        norm = float(np.linalg.norm(flat))
        if norm > 0:
            np.divide(flat, norm, out=flat)
        np.abs(flat, out=flat)
        yield name, flat.view(np.uint64)
