"""Hessian-aware, rate-constrained quantization after training: a bit is spent where it saves the network's output most.

Layer by layer, in the order of use, the error 1/2 tr(G E A E^T) + rate_weight x bits is minimised
(`surp.quantize.kronecker`): A is the covariance of the layer's inputs in the network quantized so far, G the output's
Gauss-Newton matrix, so that all layers' errors are in nats at the network's output and one rate weight serves all.
The target is what makes the outputs most like the original's given those inputs (as in GPTAQ, Li et al., arXiv
2504.02692). The mean of the inputs is left to the bias, which is corrected exactly (Nagel et al., arXiv 1906.04721,
section 4.2), so inputs that never change cost nothing. Of the family of GPTQ (arXiv 2210.17323), Optimal Brain
Compression (arXiv 2208.11580) and CERWU (arXiv 2505.18758).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.errors import ParameterError
from surp.quantize.feedback import ready
from surp.quantize.interface import CalibratedParameters
from surp.quantize.kronecker import LayerProblem, LayerSolution, solve
from surp.quantize.steps import as_matrix, bfloat16_step
from surp.quantize.whole import WholeModel, described, relative_levels
from surp.tensors.layout import Matrix
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap
from surp.tensors.state import State, check_finite

if TYPE_CHECKING:
    from surp.train.calibration import Calibration
    from surp.train.moments import LayerInputs


_FIRST = 3
"""Where the search of a step begins: 2^(3/2) standard deviations, near what dense LeNets want at 0.5 bit/weight."""


class Parameters(CalibratedParameters):
    """rate_weight: what a bit may cost, in nats of divergence from the original network's output softened by
    `temperature`. step_std: step over the standard deviation of a layer's weights; none searches each layer's best.
    sweeps: how often all levels are chosen anew. damping, damping_outputs: added to the diagonals of A and G, in means
    of these. Biases have `bias_mantissa` bits of mantissa.
    """

    tensors: Literal["matrices"] = "matrices"
    calibration: int = Field(default=3000, ge=1)
    rate_weight: float = Field(default=6e-8, ge=0)
    step_std: float | None = Field(default=None, gt=0, examples=[1.0])
    sweeps: int = Field(default=8, ge=0, le=1000)
    temperature: float = Field(default=2.0, gt=0)
    damping: float = Field(default=0.05, gt=0)
    damping_outputs: float = Field(default=0.3, gt=0)


def quantize(
    state: Mapping[str, NDArray[Any]], parameters: Parameters, calibration: Calibration | None = None
) -> Quantized:
    """Levels of a whole model: the weights of linear layers and ungrouped convolutions that `calibration` knows; all
    other tensors are described finely. Zeros of those weights stay zeros.

    Raises `WeightsError` as every quantizer does, and `ParameterError` without a calibration.
    """
    if calibration is None:
        raise ParameterError("quantizers.hessian: is measured on training images and needs a calibration")
    ready()
    check_finite(state)
    names = described(state, parameters.tensors)
    layers = [name for name in calibration.layers() if f"{name}.weight" in names]
    model = WholeModel(state, parameters, frozenset(f"{name}.weight" for name in layers))
    outputs = calibration.outputs(parameters.temperature)
    current: State = dict(state)
    for name in layers:
        _layer(name, calibration.inputs(name, current), outputs[name], current, parameters, model)
    return model.quantized("hessian")


def _layer(
    name: str, inputs: LayerInputs, outputs: Matrix, current: State, parameters: Parameters, model: WholeModel
) -> None:
    """Quantize one layer's weight and bias: `model` gets them, and `current` their values."""
    weight, bias = f"{name}.weight", f"{name}.bias"
    tensor = current[weight]
    original = as_matrix(tensor).astype(np.float64)
    corrected = bias in current
    problem = _problem(original, inputs, outputs, corrected, parameters)
    solution = _best(problem, original, parameters)
    levels, level_map = solution.levels.reshape(tensor.shape), LevelMap(solution.step, offsets=solution.offsets)
    model.add(weight, levels, level_map)
    current[weight] = level_map.values(levels).astype(tensor.dtype)
    if corrected:
        shift = original @ inputs.original - as_matrix(current[weight]) @ inputs.mean
        wanted = (current[bias] + shift).astype(current[bias].dtype)
        levels, bias_map = relative_levels(wanted, parameters.bias_mantissa)
        model.add(bias, levels, bias_map)
        current[bias] = bias_map.values(levels).astype(wanted.dtype)


def _problem(
    original: Matrix, inputs: LayerInputs, outputs: Matrix, corrected: bool, parameters: Parameters
) -> LayerProblem:
    """corrected: whether a bias takes up the mean error, so that only the inputs' covariance counts."""
    second, cross = inputs.second, inputs.cross
    scale = float(np.trace(second)) / len(second)
    if corrected:
        second = second - np.outer(inputs.mean, inputs.mean)
        cross = cross - np.outer(inputs.original, inputs.mean)
    ridge = _ridge(second, parameters.damping, scale)
    second = second + ridge
    target: Matrix = np.linalg.solve(second, (original @ (cross + ridge)).T).T.astype(np.float64)
    outputs = outputs + _ridge(outputs, parameters.damping_outputs, 0.0)
    return LayerProblem(target, outputs, second, original != 0, parameters.rate_weight)


def _ridge(matrix: Matrix, share: float, scale: float) -> Matrix:
    """A multiple of 1 that makes the matrix positive definite: `share` of the mean diagonal, or more where that is
    lost in the rounding of numbers of the size `scale`, as when inputs hardly change."""
    least = float(np.linalg.eigvalsh(matrix)[0])
    height = max(share * float(np.trace(matrix)) / len(matrix), 1e-6 * scale, 1e-12) + max(0.0, -2 * least)
    ridge: Matrix = np.eye(len(matrix)) * height
    return ridge


def _best(problem: LayerProblem, original: Matrix, parameters: Parameters) -> LayerSolution:
    """The solution at the given step, or at the best one found by climbing."""
    spread = float(original.std()) or float(np.abs(original).max(initial=0)) or 1.0
    if parameters.step_std is not None:
        return solve(problem, bfloat16_step(parameters.step_std * spread), parameters.sweeps)
    found: dict[int, LayerSolution] = {}

    def cost(exponent: int) -> float:
        if exponent not in found:
            found[exponent] = solve(problem, bfloat16_step(spread * 2 ** (exponent / 2)), min(1, parameters.sweeps))
        return found[exponent].cost(problem.rate)

    best = _FIRST
    for direction in (1, -1):
        while abs(best) < 20 and cost(best + direction) < cost(best):
            best += direction
    return solve(problem, found[best].step, parameters.sweeps, found[best].levels)
