"""Successive refinement in passes: given weights described coarse to fine, with falling thresholds.

Pass p goes over all weights with the threshold tau_p = tau_0 (ratio / 256)^p: where the residual reaches it, that is a
hit, and the residual falls by tau_p (arXiv 2102.08329, section 4, with one scan a threshold instead of a draw a step).
A weight's first hit makes it significant, the later ones refine it. Bit P - 1 - p of the level's magnitude is the hit
of pass p, so what is coded is the state after each pass, and the first passes alone are a coarser, sparser model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from surp.errors import ParameterError
from surp.parameters import ReadOnlyIf
from surp.quantize.interface import StepParameters
from surp.quantize.points import offsets
from surp.quantize.steps import check_range, representable, signed, steps
from surp.quantize.whole import WholeModel, described
from surp.tensors.layout import Vector
from surp.tensors.levels import Quantized
from surp.tensors.maps import HALF, LevelMap

_MOST_PASSES = 31


class Parameters(StepParameters):
    """The last threshold is the step: `step_rel`, or `last`, which gives it in the domain of L2-normalised tensors.

    ratio: from one threshold to the next, in 256ths; 128 halves them.

    The defaults are measured. On ideal Laplacian weights a ratio of 128 spends the fewest bits (gap to R(D) at step_rel
    0.5: 0.47 bit/weight, against 0.55 for 160 and 0.74 for 200), and medians distort a little less than means. The step
    is for networks that nobody has tried: 0.2 cost ResNet-20 nothing, where 0.35 cost 0.80 points and 0.5 1.44
    (benchmarks/results/defaults.md). A LeNet bears 0.35, and small networks of many weights more.
    """

    step_rel: Annotated[float, ReadOnlyIf("last", None)] = Field(default=0.2, gt=0)
    ratio: int = Field(default=HALF, ge=HALF, le=255)
    last: float | None = Field(default=None, gt=0, examples=[0.01])

    @model_validator(mode="after")
    def _last_is_normalised(self) -> Self:
        if self.last is not None and self.scale != "norm":
            raise ValueError("last is a threshold of normalised weights; it needs scale: norm")
        return self


def quantize(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> Quantized:
    """Levels of a whole model, as many passes as its largest weight needs.

    Raises `WeightsError` naming the tensor for NaN, infinity, or values that no level can stand for, and
    `ParameterError` if more than 31 passes were needed.
    """
    model = WholeModel(state, parameters)
    finest = _finest(state, parameters)
    largest = {n: float(np.abs(state[n]).max(initial=0)) / step for n, step in finest.items()}
    for name in finest:
        check_range(name, largest[name], parameters.step_rel)
    thresholds = _thresholds(max(largest.values(), default=0.0), parameters)
    for name, step in finest.items():
        model.add(name, *_tensor(state[name], step, thresholds, parameters))
    return model.quantized("successive", thresholds.size, tuple(finest))


def _finest(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> dict[str, float]:
    """The last threshold of each tensor at its own scale."""
    if parameters.last is None:
        return steps(state, parameters)
    norms = {n: float(np.linalg.norm(state[n].astype(np.float64))) for n in described(state, parameters.tensors)}
    return {name: representable(parameters.last * norm) if norm else 1.0 for name, norm in norms.items()}


def _thresholds(largest: float, parameters: Parameters) -> Vector:
    """Thresholds in steps, ascending from 1, shape (P,), P >= 1: the fewest whose hits reach `largest`.

    They are the powers that `LevelMap` sums. Each is at most twice the one before, so the residual of a weight below
    1 + sum ends below 1.
    """
    powers = [1.0]
    while 1 + sum(powers) <= largest:
        powers.append(powers[-1] * 256 / parameters.ratio)
        if len(powers) > _MOST_PASSES:
            raise ParameterError(
                f"step_rel, last, ratio: the largest weight is {largest:.3g} last thresholds, which takes more than "
                f"{_MOST_PASSES} passes; allowed: a larger step or a smaller ratio (got ratio {parameters.ratio})"
            )
    return np.array(powers)


def _tensor(
    tensor: NDArray[Any], step: float, thresholds: Vector, parameters: Parameters
) -> tuple[NDArray[np.int32], LevelMap]:
    unit = np.abs(tensor.astype(np.float64).reshape(-1)) / step
    magnitudes = _hits(unit, thresholds, parameters.ratio)
    rest = unit - LevelMap(1.0, parameters.ratio).values(magnitudes)
    points = offsets(rest, magnitudes, parameters.point)
    return signed(magnitudes, tensor), LevelMap(step, parameters.ratio, points)


def _hits(unit: Vector, thresholds: Vector, ratio: int) -> NDArray[np.int32]:
    """The hits of all passes as bits, shape (n,); where thresholds halve they are the binary digits."""
    if ratio == HALF:
        return np.floor(unit).astype(np.int32)
    from surp.kernels import announce
    from surp.quantize.passes import hits

    announce(hits)
    magnitudes = np.empty(unit.size, dtype=np.int32)
    hits(unit, thresholds, magnitudes)
    return magnitudes
