"""A pruning method applied to a model: flatten, select, put the survivors back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import ParameterError, TargetError
from surp.prune.interface import Problem, PruneParameters, Selection, Target, method
from surp.prune.layerwise import by_tensor
from surp.prune.weigh import factors
from surp.tensors.layout import Layout, flatten, join, unflatten
from surp.tensors.state import State


@dataclass(frozen=True)
class Pruned:
    """A pruned model.

    state: every tensor of the model, in its shape and dtype. size: weights that took part; survivors: those kept.
    """

    state: State
    selection: Selection
    size: int
    survivors: int

    @property
    def sparsity(self) -> float:
        """Zeros over all weights that took part; 0 for none."""
        return (self.size - self.survivors) / self.size if self.size else 0.0


def run(
    state: Mapping[str, NDArray[Any]],
    name: str,
    target: Target | float,
    parameters: PruneParameters,
    rng: np.random.Generator,
    iterative: bool = False,
    importance: Mapping[str, NDArray[Any]] | None = None,
) -> Pruned:
    """Prune `state` to `target` by the method `name`; a number is a sparsity.

    A sparsity is met to one weight: n - round(sparsity * n) of the n weights that take part survive. Tensors that do
    not take part are passed through. A weight that is zero is never a survivor; sparsity 0 prunes nothing. importance:
    of the weights, by tensor name (`surp.train.importance`); it decides who survives and how coarsely each is
    described, and what survivors keep is at the weights' own scale.

    Raises `ParameterError` for a target out of range or one that the method has no meaning for, `WeightsError` naming
    the tensor and position of a NaN or an infinity, `TargetError` if the target is out of reach.
    """
    target = target if isinstance(target, Target) else Target("sparsity", target)
    if target.stop not in parameters.stops:
        weighted = f" with importance {parameters.measured!r}" if parameters.measured != "none" else ""
        allowed = ", ".join(parameters.stops)
        raise ParameterError(f"{target.stop}: has no meaning for {name!r}{weighted}; allowed: {allowed}")
    vector, layout = (join if parameters.domain == "none" else flatten)(state, parameters.tensors)
    factor = factors(vector, layout, importance, parameters.domain == "norm")
    seen = vector if factor is None else vector * factor
    if target.stop == "sparsity":
        count = survivors_of(target.value, vector.size, int(np.count_nonzero(vector)))
    else:
        count = int(np.count_nonzero(seen))
    problem, chosen = Problem(seen, layout, count, rng, iterative), method(name)
    if target.stop == "sparsity" or count == 0:  # of nothing there is no rate and no distortion
        selection = chosen.select(problem, parameters)
    else:
        selection = chosen.reach(problem, target, parameters)
    if factor is not None and selection.reconstruction is not None:
        selection = replace(selection, reconstruction=selection.reconstruction / factor)
    coarse = parameters.coarse and target != Target("sparsity", 0)  # nothing pruned, nothing changed
    pruned = dict(state) | (_described(state, layout, selection) if coarse else _kept(state, layout, selection))
    return Pruned(pruned, selection, vector.size, int(np.count_nonzero(selection.survivors)))


def survivors_of(sparsity: float, size: int, nonzero: int) -> int:
    """Weights that survive of `size`; all that are not zero at sparsity 0. Raises `TargetError` if there are fewer."""
    if sparsity == 0:
        return nonzero
    count = size - round(sparsity * size)
    if count > nonzero:
        raise TargetError(
            f"sparsity {sparsity} leaves {count} of {size} weights, but only {nonzero} are not zero; "
            f"allowed: at least {1 - nonzero / size:.6g}, or 0 to prune nothing"
        )
    return count


def _kept(state: Mapping[str, NDArray[Any]], layout: Layout, selection: Selection) -> State:
    """The tensors that took part; survivors keep their weights."""
    masks = by_tensor(selection.survivors, layout)
    return {name: np.where(mask, state[name], 0).astype(state[name].dtype) for name, mask in masks.items()}


def _described(state: Mapping[str, NDArray[Any]], layout: Layout, selection: Selection) -> State:
    """The tensors that took part; survivors have their reconstruction.

    Where a narrow dtype would make 0 or infinity of a survivor's reconstruction, the survivor keeps its weight.
    """
    assert selection.reconstruction is not None, "a method that keeps reconstructions makes them"
    masks = by_tensor(selection.survivors, layout)
    result = {}
    for name, value in unflatten(selection.reconstruction, layout).items():
        with np.errstate(over="ignore", under="ignore"):
            narrow = value.astype(state[name].dtype)
        usable = np.isfinite(narrow) & (narrow != 0)
        result[name] = np.where(masks[name], np.where(usable, narrow, state[name]), 0).astype(narrow.dtype)
    return result
