"""Uniform+ magnitude pruning: uniform, but the first convolution stays dense and the last layer keeps a fifth.

Source: Gale, Elsen and Hooker, The State of Sparsity in Deep Neural Networks (arXiv 1902.09574), section 5.2.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from surp.errors import ParameterError
from surp.prune.interface import Problem, Selection, WeightedParameters
from surp.prune.layerwise import Counts, allocate, keep_largest, nonzeros, sizes
from surp.tensors.layout import Layout

TITLE = "uniform+"


class Parameters(WeightedParameters):
    """first, last: names of the tensors; else the convolution with the fewest input channels, the matrix with the
    fewest outputs. last_kept: share of the last layer that is kept at least."""

    first: str | None = Field(default=None, examples=["fc.weight"])
    last: str | None = Field(default=None, examples=["conv.weight"])
    last_kept: float = Field(default=0.2, ge=0, le=1)


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The largest magnitudes of each tensor.

    Where the budget does not reach for what is to be kept, that is kept as far as it reaches, and nothing else.
    """
    vector, layout, count = problem.vector, problem.layout, problem.count
    most = nonzeros(vector, layout)
    floor = np.minimum(_floor(layout, parameters), most)
    if floor.sum() >= count:
        return Selection(keep_largest(vector, layout, allocate(np.ones(len(most)), floor, floor, count)))
    return Selection(keep_largest(vector, layout, _uniform_above(floor, sizes(layout), most, count)))


def _floor(layout: Layout, parameters: Parameters) -> Counts:
    floor = np.zeros(len(layout.names), dtype=np.int64)
    convolutions = [n for n, shape in enumerate(layout.shapes) if len(shape) > 2]
    matrices = [n for n, shape in enumerate(layout.shapes) if len(shape) == 2]
    first = _named(layout, parameters.first, min(convolutions, key=lambda n: layout.shapes[n][1], default=None))
    last = _named(layout, parameters.last, min(matrices, key=lambda n: layout.shapes[n][0], default=None))
    if last is not None:
        floor[last] = np.ceil(parameters.last_kept * sizes(layout)[last])
    if first is not None:
        floor[first] = sizes(layout)[first]
    return floor


def _named(layout: Layout, name: str | None, otherwise: int | None) -> int | None:
    if name is None:
        return otherwise
    if name not in layout.names:
        raise ParameterError(f"first, last: no tensor is named {name!r}; there are {', '.join(layout.names)}")
    return layout.names.index(name)


def _uniform_above(floor: Counts, size: Counts, most: Counts, count: int) -> Counts:
    """The same share of all tensors, but those whose floor is above it, which keep just that."""
    fixed = np.zeros(len(size), dtype=np.bool_)
    while True:
        counts = np.where(fixed, floor, 0)
        counts[~fixed] = allocate(np.ones((~fixed).sum()), size[~fixed], most[~fixed], count - int(counts.sum()))
        short = counts < floor
        if not short.any():
            return counts
        fixed |= short
