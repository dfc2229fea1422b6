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

from surp.quantize.bits import LevelMatrix, bits_of, classes_of
from surp.quantize.feedback import choose, ready
from surp.quantize.interface import StepParameters
from surp.quantize.points import offsets
from surp.quantize.steps import as_matrix, check_range, steps
from surp.quantize.whole import WholeModel
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
    model = WholeModel(state, parameters)
    for name, step in steps(state, parameters).items():
        unit = as_matrix(state[name]).astype(np.float64) / step
        check_range(name, float(np.abs(unit).max(initial=0)), parameters.step_rel)
        levels, points = _tensor(unit, parameters)
        model.add(name, levels.reshape(state[name].shape), LevelMap(step, offsets=points))
    return model.quantized("rdo_uniform")


def _tensor(unit: NDArray[np.float64], parameters: Parameters) -> tuple[LevelMatrix, tuple[int, ...]]:
    """Levels and offsets of one tensor in steps, shape (rows, columns)."""
    levels = np.rint(unit).astype(np.int32)
    for _ in range(parameters.passes):
        classes = classes_of(levels)
        bits = bits_of(levels, classes)
        levels = levels.copy()
        choose(levels, unit, parameters.rate_weight, np.zeros(1), classes, bits)
    magnitudes = np.abs(levels)
    return levels, offsets(np.abs(unit) - magnitudes, magnitudes, parameters.point)
