"""A pruning method applied to a model: flatten, select, put the survivors back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp import registry
from surp.errors import ParameterError, TargetError
from surp.layout import Layout, State, Tensors, Vector, flatten, unflatten
from surp.prune._interface import Pruned, PruneParameters, Scale, Selection


def run(
    state: Mapping[str, NDArray[Any]],
    method: str,
    sparsity: float,
    parameters: PruneParameters,
    rng: np.random.Generator,
    iterative: bool = False,
) -> Pruned:
    """Prune `state` to `sparsity`, met to one weight: n - round(sparsity * n) of the n weights that take part survive.

    Tensors that do not take part are passed through. A weight that is zero is never a survivor; sparsity 0 prunes
    nothing. Raises `ParameterError` unless 0 <= sparsity < 1, `WeightsError` naming the tensor and position of a NaN
    or an infinity, `TargetError` if the model is sparser already.
    """
    if not 0 <= sparsity < 1:
        raise ParameterError(f"sparsity: must be at least 0 and below 1 (got {sparsity})")
    vector, layout = _vector(state, parameters.tensors, parameters.domain)
    count = _count(vector, sparsity)
    selection = registry.load("prune", method).select(vector, count, parameters, rng, iterative)
    pruned = dict(state) | _kept(state, layout, selection, parameters.keep, method)
    return Pruned(pruned, selection, vector.size, count)


def _vector(state: Mapping[str, NDArray[Any]], tensors: Tensors, scale: Scale) -> tuple[Vector, Layout]:
    """`flatten`, or the same with every tensor at its own scale (its norm in the layout is then 1)."""
    vector, layout = flatten(state, tensors)
    if scale == "none":
        for name, start, stop in zip(layout.names, layout.bounds[:-1], layout.bounds[1:], strict=True):
            vector[start:stop] = state[name].reshape(-1)
        layout = Layout(layout.names, layout.shapes, (1.0,) * len(layout.names))
    return vector, layout


def _count(vector: Vector, sparsity: float) -> int:
    nonzero = int(np.count_nonzero(vector))
    if sparsity == 0:
        return nonzero
    count = vector.size - round(sparsity * vector.size)
    if count > nonzero:
        raise TargetError(
            f"sparsity {sparsity} leaves {count} of {vector.size} weights, but only {nonzero} are not zero; "
            f"allowed: at least {1 - nonzero / vector.size:.6g}, or 0 to prune nothing"
        )
    return count


def _kept(state: Mapping[str, NDArray[Any]], layout: Layout, selection: Selection, keep: str, method: str) -> State:
    """The tensors that took part, pruned.

    Where a narrow dtype would make 0 or infinity of a survivor's reconstruction, the survivor keeps its weight.
    """
    bounds = layout.bounds
    masks = {
        name: selection.survivors[start:stop].reshape(shape)
        for name, shape, start, stop in zip(layout.names, layout.shapes, bounds[:-1], bounds[1:], strict=True)
    }
    if keep == "weights":
        return {name: np.where(mask, state[name], 0).astype(state[name].dtype) for name, mask in masks.items()}
    if selection.reconstruction is None:
        raise ParameterError(f"keep: 'reconstruction' is not offered by {method!r}; allowed: 'weights'")
    result = {}
    for name, value in unflatten(selection.reconstruction, layout).items():
        with np.errstate(over="ignore", under="ignore"):
            narrow = value.astype(state[name].dtype)
        usable = np.isfinite(narrow) & (narrow != 0)
        result[name] = np.where(masks[name], np.where(usable, narrow, state[name]), 0).astype(narrow.dtype)
    return result
