"""Models that are stored as numbers, without levels: floats of some type, and int8 with scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.layout import State

SCALE = "@scale"
"""NAME, int8 of shape (c, ...), and NAME + SCALE, float32 of shape (c,): row i is worth its integers times scale i."""
Entries = Mapping[str, tuple[tuple[int, ...], str]]
"""Shape and dtype of tensors by name."""


@dataclass(frozen=True)
class Kept:
    """A whole model as numbers that are stored as they are, without levels.

    tensors: floats, integers, and pairs of int8 and scales (`SCALE`). dtypes: of each, or `bfloat16`.
    """

    tensors: State
    dtypes: dict[str, str]
    quantizer: str

    def state(self) -> State:
        """The values by the model's own names."""
        return folded(self.tensors)

    @property
    def elements(self) -> int:
        return sum(tensor.size for tensor in self.tensors.values())

    @property
    def floats(self) -> int:
        """Floating-point elements of the model."""
        return sum(value.size for value in self.state().values() if value.dtype.kind == "f")


def scaled(entries: Entries) -> dict[str, str]:
    """Name of the scales for each int8 tensor that has some."""
    pairs = {name: name + SCALE for name, (_, dtype) in entries.items() if dtype == "int8"}
    return {
        name: scale
        for name, scale in pairs.items()
        if entries[name][0] and entries.get(scale) == (entries[name][0][:1], "float32")
    }


def entries_of(tensors: Mapping[str, NDArray[Any]]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (value.shape, value.dtype.name) for name, value in tensors.items()}


def folded(tensors: State) -> State:
    """The same tensors, each pair of int8 and scales as one float32 tensor."""
    pairs = scaled(entries_of(tensors))
    scales = set(pairs.values())
    result = {name: value for name, value in tensors.items() if name not in scales}
    for name, scale in pairs.items():
        levels = result[name]
        result[name] = levels.astype(np.float32) * tensors[scale].reshape(-1, *[1] * (levels.ndim - 1))
    return result
