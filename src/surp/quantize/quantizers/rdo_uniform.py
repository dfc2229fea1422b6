"""Rate-distortion-optimised uniform quantization: each level is the one of least error^2 / step^2 + weight x bits.

The bits are those of a model of the coder's contexts, estimated from the levels of the pass before
(`surp.quantize.bits`); after each pass the points where values are put are fitted again. It is entropy-constrained
scalar quantization (Chou, Lookabaugh and Gray, IEEE Trans. ASSP 37, 1989) with an adaptive coder's rate, as DeepCABAC
does for networks (Wiedemann et al., arXiv 1907.11900, section III).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.quantize import bits as _bits
from surp.quantize.bits import Grid
from surp.quantize.feedback import choose, ready
from surp.quantize.parts import (
    StepParameters,
    as_matrix,
    check_range,
    check_values,
    described,
    others,
    steps,
)
from surp.quantize.points import offsets
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap

TITLE = "RDO uniform"


class Parameters(StepParameters):
    """rate_weight: what a bit is worth in squared steps; 0 rounds to the nearest level. passes: of choosing levels and
    estimating bits. Survivors may become zeros; zeros stay zeros.
    """

    step_rel: float = Field(default=0.35, gt=0)
    rate_weight: float = Field(default=0.1, ge=0)
    passes: int = Field(default=3, ge=1, le=100)


def quantize(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> Quantized:
    """Levels of a whole model.

    Raises `WeightsError` naming the tensor for NaN, infinity, or values that no level can stand for, and
    `ParameterError` if `step_rel` is so small that a level leaves 32 bits.
    """
    ready()
    levels, maps = others(state, parameters)
    names = described(state, parameters.tensors)
    for name, step in steps(state, names, parameters.step_rel, parameters.scale).items():
        unit = as_matrix(state[name]).astype(np.float64) / step
        check_range(name, float(np.abs(unit).max(initial=0)), parameters.step_rel)
        found, points = _tensor(unit, parameters)
        levels[name], level_map = found.reshape(state[name].shape), LevelMap(step, offsets=points)
        maps[name] = level_map
        check_values(name, levels[name], level_map, state[name].dtype)
    dtypes = {name: str(tensor.dtype) for name, tensor in state.items()}
    return Quantized(levels, maps, dtypes, "rdo_uniform")


def _tensor(unit: NDArray[np.float64], parameters: Parameters) -> tuple[Grid, tuple[int, ...]]:
    """Levels and offsets of one tensor in steps, shape (rows, columns)."""
    levels = np.rint(unit).astype(np.int32)
    for _ in range(parameters.passes):
        levels = _chosen(unit, levels, parameters.rate_weight)
    magnitudes = np.abs(levels)
    return levels, offsets(np.abs(unit) - magnitudes, magnitudes, parameters.point)


def _chosen(unit: NDArray[np.float64], levels: Grid, rate: float) -> Grid:
    """Levels chosen anew, with bits estimated from `levels`."""
    classes = _bits.classes_of(levels)
    bits = _bits.bits_of(levels, classes)
    result = levels.copy()
    choose(result, unit, rate, np.zeros(1), classes, bits)
    return result
