"""Maps from integer levels to values. Only numbers that stand in the file enter, so every machine computes the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.tensors.trellis import quantizers

HALF = 128
"""`LevelMap.ratio` of thresholds that halve from pass to pass, in 256ths."""
MANTISSA = 23
"""Bits of mantissa of a float32, the most that a `RelativeMap` has."""


@dataclass(frozen=True)
class LevelMap:
    """value = sign(l) * step * (base(|l|) + offset(|l|) / 256) for l != 0, and 0 for l = 0.

    step: float32 value. ratio: threshold ratio between passes in 256ths; base(m) = sum over the bits j of m of
    (256 / ratio)^j, so base(m) = m where thresholds halve. offsets: signed integers for |l| = 1, 2, ...; the last
    one serves all larger levels, none means 0. states: of a trellis (`surp.tensors.trellis`), 0 for none; with one,
    ratio is HALF and base(m) = 2 m - q, where q is the quantizer of the level's state. IEEE double arithmetic without
    transcendental functions.
    """

    step: float
    ratio: int = HALF
    offsets: tuple[int, ...] = ()
    states: int = 0

    def values(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Values of integer levels, same shape."""
        magnitude = np.abs(levels.astype(np.int64))
        base = self._base(levels, magnitude)
        if self.offsets:
            table = np.array([0, *self.offsets], dtype=np.float64) / 256
            base += table[np.minimum(magnitude, len(self.offsets))]
        return np.sign(levels) * (base * self.step)

    def _base(self, levels: NDArray[Any], magnitude: NDArray[np.int64]) -> NDArray[np.float64]:
        if self.states:
            return (2 * magnitude - quantizers(levels, self.states)).astype(np.float64)
        if self.ratio == HALF:
            return magnitude.astype(np.float64)
        base = np.zeros(levels.shape)
        power = 1.0
        for bit in range(int(magnitude.max(initial=0)).bit_length()):
            base += power * ((magnitude >> bit) & 1)
            power = power * 256 / self.ratio
        return base


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
