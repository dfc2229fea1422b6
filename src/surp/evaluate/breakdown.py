"""What the bytes of a `.surp` file say: which weights survive, their signs, their magnitudes, vectors, framing.

The same coder codes the model's matrices again with less in their levels. index = cost of the survivors with random
signs (seed 0), less one bit each: no coder gains from such signs, while equal signs, which a coder first has to learn,
left up to a quarter of their cost in the map. sign = cost of the true signs and the map, less index. magnitude = cost
of the levels, less both. biases = cost of all tensors that are no matrices. header = the rest of the file: header,
checksums, points of passes. Costs are those of the arithmetic code's decisions, rounded so that the parts are exactly
the file. They are differences of code lengths: a part that another tells for nothing may be a byte below zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp import codec
from surp.summary.counted import Count
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap


@dataclass(frozen=True)
class Breakdown:
    """Bytes; their sum is the size of the file."""

    index: int
    sign: int
    magnitude: int
    biases: int
    header: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


def breakdown(data: bytes) -> Breakdown:
    """Of a file that holds a model. Raises `CorruptFileError` for any other."""
    file = codec.open(data)
    model, facts = file.model(), codec.describe(file)
    matrices = [name for name, level_map in model.maps.items() if isinstance(level_map, LevelMap)]
    costs = {row["name"]: row["bytes"] for row in facts["tensors"]}
    whole = sum(costs[name] for name in matrices)
    biases = round(sum(costs.values()) - whole)

    def cost(change: Callable[[NDArray[Any]], NDArray[Any]]) -> float:
        return _cost(_changed(model, matrices, change), matrices, facts["coder"], facts["preset"])

    rng = np.random.default_rng(0)
    survivors = sum(int(np.count_nonzero(model.levels[name])) for name in matrices)
    drawn = cost(lambda level: (level != 0) * rng.choice(np.array([-1, 1]), level.shape))
    index = round(max(0.0, drawn - survivors / 8))
    sign = round(cost(np.sign)) - index
    magnitude = round(whole) - index - sign
    return Breakdown(index, sign, magnitude, biases, len(data) - round(whole) - biases)


def counts_of(model: Quantized) -> dict[str, Count]:
    """Shapes and survivors of the tensors that stand for floats."""
    return {
        name: Count(level.shape, int(np.count_nonzero(level)))
        for name, level in model.levels.items()
        if model.maps[name] is not None
    }


def _changed(model: Quantized, matrices: list[str], change: Callable[[NDArray[Any]], NDArray[Any]]) -> Quantized:
    """The model with other levels in its matrices, in one pass if it has passes."""
    levels = {n: change(v).astype(np.int32) if n in matrices else v for n, v in model.levels.items()}
    return replace(model, levels=levels, passes=min(1, model.passes), tail=None)


def _cost(model: Quantized, matrices: list[str], coder: str, preset: str) -> float:
    facts = codec.describe(codec.open(codec.encode(model, coder=coder, preset=preset)))
    return float(sum(row["bytes"] for row in facts["tensors"] if row["name"] in matrices))
