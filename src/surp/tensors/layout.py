"""A model as one vector, and back.

One way through: state -> (vector, layout) -> steps -> integer levels -> bytes -> levels -> state. The tensors follow
one another in the order of their sorted names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.tensors.state import State, Tensors, check_finite, takes_part

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """Where each tensor stands in the vector, its shape, and the L2 norm it was divided by (0 for a zero tensor)."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    norms: tuple[float, ...]

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Start of each tensor and, last, the length of the vector; shape (tensors + 1,)."""
        sizes = [int(np.prod(shape, dtype=np.int64)) for shape in self.shapes]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @property
    def size(self) -> int:
        return int(self.bounds[-1])

    @classmethod
    def line(cls, n: int) -> Layout:
        """One tensor of n weights at its own scale: the layout of a vector that is no model's."""
        return cls(("weights",), ((n,),), (1.0,))


def flatten(state: Mapping[str, NDArray[Any]], tensors: Tensors = "all") -> tuple[Vector, Layout]:
    """Join the tensors that take part, each divided by its L2 norm, into one float64 vector.

    A zero tensor stays zero. Raises `WeightsError` naming the tensor and the position of a NaN or an infinity.
    """
    names = tuple(name for name in sorted(state) if takes_part(name, state[name], tensors))
    check_finite({name: state[name] for name in names})
    shapes = tuple(tuple(state[name].shape) for name in names)
    norms = tuple(float(np.linalg.norm(state[name].astype(np.float64))) for name in names)
    layout = Layout(names, shapes, norms)
    vector = np.zeros(layout.size)
    bounds = layout.bounds
    for name, norm, start, stop in zip(names, norms, bounds[:-1], bounds[1:], strict=True):
        if norm > 0:
            np.divide(state[name].reshape(-1), norm, out=vector[start:stop], dtype=np.float64)
    return vector, layout


def join(state: Mapping[str, NDArray[Any]], tensors: Tensors = "all") -> tuple[Vector, Layout]:
    """`flatten`, but with every tensor at its own scale: the norms of the layout are 1."""
    names = tuple(name for name in sorted(state) if takes_part(name, state[name], tensors))
    check_finite({name: state[name] for name in names})
    layout = Layout(names, tuple(tuple(state[name].shape) for name in names), (1.0,) * len(names))
    parts = [state[name].reshape(-1).astype(np.float64) for name in names]
    return np.concatenate([np.zeros(0), *parts]), layout


def unflatten(vector: Vector, layout: Layout) -> State:
    """Inverse of `flatten`: the tensors that took part, float64, at their own scale."""
    bounds = layout.bounds
    return {
        name: (vector[start:stop] * norm).reshape(shape)
        for name, shape, norm, start, stop in zip(
            layout.names, layout.shapes, layout.norms, bounds[:-1], bounds[1:], strict=True
        )
    }
