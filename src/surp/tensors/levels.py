"""What a quantizer makes, a coder codes and a decoder inverts: integer levels with the map from level to value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.tensors.dtypes import cast
from surp.tensors.state import State

HALF = 128
"""`LevelMap.ratio` of thresholds that halve from pass to pass, in 256ths."""
MANTISSA = 23
"""Bits of mantissa of a float32, the most that a `RelativeMap` has."""


@dataclass(frozen=True)
class LevelMap:
    """value = sign(l) * step * (base(|l|) + offset(|l|) / 256) for l != 0, and 0 for l = 0.

    step: float32 value. ratio: threshold ratio between passes in 256ths; base(m) = sum over the bits j of m of
    (256 / ratio)^j, so base(m) = m where thresholds halve. offsets: signed integers for |l| = 1, 2, ...; the last
    one serves all larger levels, none means 0. Only numbers that stand in the file enter, in IEEE double
    arithmetic without transcendental functions, so every machine computes the same values.
    """

    step: float
    ratio: int = HALF
    offsets: tuple[int, ...] = ()

    def values(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Values of integer levels, same shape."""
        magnitude = np.abs(levels.astype(np.int64))
        if self.ratio == HALF:
            base = magnitude.astype(np.float64)
        else:
            base = np.zeros(levels.shape)
            power = 1.0
            for bit in range(int(magnitude.max(initial=0)).bit_length()):
                base += power * ((magnitude >> bit) & 1)
                power = power * 256 / self.ratio
        if self.offsets:
            table = np.array([0, *self.offsets], dtype=np.float64) / 256
            base += table[np.minimum(magnitude, len(self.offsets))]
        return np.sign(levels) * (base * self.step)


@dataclass(frozen=True)
class RelativeMap:
    """Levels of equal relative precision: the floats of `mantissa` bits of mantissa, from the largest one down.

    Such a float is told by its word, the upper 9 + `mantissa` bits of a float32 less the sign. `top` is the word of
    |l| = 1, and each further level is the next smaller float: value = sign(l) * float(top + 1 - |l|), and 0 for l = 0.
    A value is thus within 2^-(mantissa + 1) of itself, none that is not 0 becomes 0, and none changes its sign.
    """

    top: int
    mantissa: int

    def values(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Values of integer levels, same shape; levels below the least float are worth 0."""
        magnitude = np.abs(levels.astype(np.int64))
        words = np.where(magnitude > 0, np.maximum(self.top + 1 - magnitude, 0), 0)
        floats = (words << (MANTISSA - self.mantissa)).astype(np.uint32).view(np.float32)
        return np.sign(levels) * floats.astype(np.float64)


Map = LevelMap | RelativeMap


@dataclass(frozen=True)
class Tail:
    """Where a cut description changes: the tensor `name` has the map `map` from row `row` of its first axis on."""

    name: str
    row: int
    map: LevelMap


@dataclass(frozen=True)
class Quantized:
    """A whole model as integers.

    levels: every tensor of the model, int32 (integer buffers as they are, `map` None). maps: per tensor.
    dtypes: the name of the dtype that each tensor had. passes: for an embedded description the number of passes P;
    bit P-1-p of a magnitude is the hit of pass p. `embedded` names the tensors described in passes. tail: in a model
    that was cut in the middle of a pass, the tensor where that is.
    """

    levels: dict[str, NDArray[Any]]
    maps: dict[str, Map | None]
    dtypes: dict[str, str]
    quantizer: str
    passes: int = 0
    embedded: tuple[str, ...] = ()
    tail: Tail | None = None

    def state(self) -> State:
        """The values: a state with the original dtypes and shapes. Inverse of a quantizer, up to distortion."""
        result: State = {}
        for name, level in self.levels.items():
            level_map = self.maps[name]
            values = level if level_map is None else level_map.values(level)
            if self.tail and name == self.tail.name:
                values[self.tail.row :] = self.tail.map.values(level[self.tail.row :])
            result[name] = cast(values, self.dtypes[name])
        return result

    @property
    def elements(self) -> int:
        return sum(level.size for level in self.levels.values())

    @property
    def floats(self) -> int:
        """Elements of the floating-point tensors."""
        return sum(level.size for name, level in self.levels.items() if self.maps[name] is not None)
