"""What a Laplacian source would need for the cells that a file's levels stand for."""

from __future__ import annotations

from math import exp, log, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEWEST = 1000
_NEAR = 0.05
_LARGEST_MEAN = 1e6


def laplacian_rate(levels: NDArray[Any]) -> float | None:
    """R(D) = -log2(lambda D) in bits/weight, of the Laplacian that the non-zero levels fit; None where it says nothing.

    In steps, magnitudes of a Laplacian in cells of width 1 are geometric with q = exp(-lambda), their mean 1 / (1 - q).
    The zero cell then reaches to z = -ln(share of survivors) / lambda. With z outside 1/2 to 1 (a little is allowed)
    zeros are not what the quantizer made of small weights: the tensor was pruned, and no Laplacian is a model of it.
    D adds up the zero cell, reconstructed as 0, and the others, reconstructed at their medians.
    """
    magnitudes = np.abs(levels[levels != 0].astype(np.int64))
    if magnitudes.size < _FEWEST or magnitudes.max() == 1:
        return None
    mean = float(magnitudes.mean())
    if not 1 < mean < _LARGEST_MEAN:
        return None
    rate, share = -log(1 - 1 / mean), magnitudes.size / levels.size
    edge = -log(share) / rate
    if not 0.5 - _NEAR <= edge <= 1 + _NEAR:
        return None
    inner = (1 - exp(-rate * edge) * (1 + rate * edge)) / rate
    distortion = inner + share * _cell(rate)
    return max(0.0, -log2(rate * distortion))


def _cell(rate: float) -> float:
    """Mean |u - median| of an exponential of `rate` within [0, 1): half the mass lies on either side."""
    mass = 1 - exp(-rate)
    median = -log(1 - mass / 2) / rate

    def moment(end: float) -> float:
        """Integral of u rate exp(-rate u) from 0 to `end`."""
        return (1 - exp(-rate * end) * (1 + rate * end)) / rate

    return (moment(1.0) - 2 * moment(median)) / mass
