"""Hidden units in the order that codes best: bits for free, since the function stays and nothing is stored.

The coder predicts a weight from its neighbours and from what its row and its column held so far, so units that keep
the same inputs and feed the same outputs should stand side by side. That is a seriation problem; it is solved greedily.
Of the orders tried (sorted by survivors or by mass, spectral, chains by Hamming, Jaccard, cosine and centred cosine),
this one gave the smallest files of LeNet-300-100; improving the chain afterwards (2-opt) gained 0.1 % more at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.represent.wiring import Group, Place, wiring
from surp.tensors.state import State

Order = NDArray[np.int64]


def permute(state: Mapping[str, NDArray[Any]], model: str) -> State:
    """The weights of `model` with its hidden units reordered; outputs stay equal up to the order of float summation.

    Raises `UnknownNameError` for a model without declared wiring, `WeightsError` naming a tensor that is not the
    model's.
    """
    groups = wiring(model)
    _check(state, groups, model)
    return reorder(state, groups, [best_order(state, group) for group in groups])


def reorder(state: Mapping[str, NDArray[Any]], groups: Sequence[Group], orders: Sequence[Order]) -> State:
    """Put unit order[k] of each group in place k, in all tensors of the group; `state` is left as it is."""
    result = dict(state)
    for group, order in zip(groups, orders, strict=True):
        for place in group:
            indices = _indices(place)
            moved = np.moveaxis(result[place.tensor], place.axis, 0)
            changed = moved.copy()
            changed[indices.reshape(-1)] = moved[indices[order].reshape(-1)]
            result[place.tensor] = np.ascontiguousarray(np.moveaxis(changed, 0, place.axis))
    return result


def best_order(state: Mapping[str, NDArray[Any]], group: Group) -> Order:
    """A chain of units, each followed by the most similar one left, from the unit with the most large weights.

    Similarity: cosine of the units' patterns less the mean pattern. A pattern has 1 where a weight is larger than its
    tensor's mean magnitude, which on a pruned tensor is nearly every survivor, over all matrices the unit stands in.
    The products are exact integers, so the order does not depend on threads.
    """
    patterns = np.concatenate([_pattern(state[place.tensor], place) for place in group if _is_weight(state, place)], 1)
    return _chain(_similarity(patterns), int(patterns.sum(1).argmax()))


def _pattern(tensor: NDArray[Any], place: Place) -> NDArray[np.float64]:
    """0 or 1 for every weight of every unit, shape (units, weights)."""
    magnitude = np.abs(tensor.astype(np.float64))
    large = np.moveaxis(magnitude > magnitude.mean(), place.axis, 0)
    return large[_indices(place)].reshape(len(place.at), -1).astype(np.float64)


def _similarity(patterns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosines of the centred patterns, shape (units, units); 0 where a pattern is the mean pattern."""
    units, common = len(patterns), patterns.sum(0)
    shared = units * (patterns @ common)
    products = units**2 * (patterns @ patterns.T) - shared[:, None] - shared[None, :] + common @ common
    norms = np.sqrt(np.diag(products))
    scale = np.outer(norms, norms)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)


def _chain(similarity: NDArray[np.float64], start: int) -> Order:
    free = np.ones(len(similarity), dtype=bool)
    chain = [start]
    free[start] = False
    while len(chain) < len(similarity):
        chain.append(int(np.where(free, similarity[chain[-1]], -np.inf).argmax()))
        free[chain[-1]] = False
    return np.array(chain, dtype=np.int64)


def _indices(place: Place) -> NDArray[np.int64]:
    """Where each unit stands along the axis, shape (units, block)."""
    return np.asarray(place.at, dtype=np.int64)[:, None] * place.block + np.arange(place.block)


def _is_weight(state: Mapping[str, NDArray[Any]], place: Place) -> bool:
    return state[place.tensor].ndim >= 2


def _check(state: Mapping[str, NDArray[Any]], groups: Sequence[Group], model: str) -> None:
    """Every place exists, and along each axis the groups' places together cover it exactly."""
    covered: dict[tuple[str, int], int] = {}
    for place in (place for group in groups for place in group):
        if place.tensor not in state:
            raise WeightsError(f"permute: model {model!r} has a tensor {place.tensor!r}; the weights have none")
        key = (place.tensor, place.axis)
        covered[key] = covered.get(key, 0) + len(place.at) * place.block
    for (name, axis), size in covered.items():
        shape = state[name].shape
        if axis >= len(shape) or shape[axis] != size:
            raise WeightsError(f"permute: tensor {name!r} has shape {shape}; {model!r} has {size} along axis {axis}")
