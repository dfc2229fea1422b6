"""What all quantizers share: which tensors they describe, the steps, and the exact treatment of all the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.errors import ParameterError, WeightsError
from surp.parameters import Frozen
from surp.tensors.maps import MANTISSA, LevelMap, Map, RelativeMap
from surp.tensors.state import Tensors, check_finite, is_matrix, takes_part

Levels = dict[str, NDArray[np.int32]]
Maps = dict[str, Map | None]
Scale = Literal["tensor", "norm"]
Made = Literal["levels", "numbers", "floats"]

LARGEST = int(np.iinfo(np.int32).max)


class QuantizeParameters(Frozen):
    """What every quantizer has.

    tensors: those it describes. mantissa: bits of mantissa of the other floating-point tensors (norms, running
    statistics), which are worth what they are relative to each other: a variance may be a millionth of its neighbour.
    bias_mantissa: of biases beside a matrix, whose own error is larger. Chosen on validation splits of ResNet-20,
    MobileNetV2 and LeNet-300-100: 5 and 3 cost them nothing, one bit more is margin (benchmarks/results/defaults.md).
    """

    tensors: Tensors = "matrices"
    mantissa: int = Field(default=6, ge=0, le=MANTISSA)
    bias_mantissa: int = Field(default=4, ge=0, le=MANTISSA)

    @property
    def makes(self) -> Made:
        """What comes out: integer levels, numbers of another type, or the floats as they were."""
        return "levels"

    @property
    def calibrated(self) -> bool:
        """Whether the quantizer needs images of the training part: `quantize(state, parameters, calibration)`."""
        return False


class CalibratedParameters(QuantizeParameters):
    """What quantizers have that measure the network. calibration: images of the training part they may see."""

    calibration: int = Field(default=5000, ge=1)

    @property
    def calibrated(self) -> bool:
        return True


class StepParameters(QuantizeParameters):
    """What quantizers have whose step follows from the weights.

    step_rel: step over the mean magnitude of the survivors (weights that are not zero). scale: `tensor` takes that mean
    in each tensor, `norm` one mean over all of them, each divided by its L2 norm. point: where a value is put in its
    interval, `lower` is the end nearer to zero.
    """

    step_rel: float = Field(default=0.5, gt=0)
    scale: Scale = "norm"
    point: Literal["median", "mean", "lower"] = "median"


def others(
    state: Mapping[str, NDArray[Any]], parameters: QuantizeParameters, but: Collection[str] | None = None
) -> tuple[Levels, Maps]:
    """Levels and maps of the tensors that the quantizer does not describe: floats of few digits, integers as they are.

    but: names of those it describes, if not all of `parameters.tensors`. Raises `WeightsError` naming the tensor if a
    magnitude leaves the range of 32-bit floats, or if a dtype is neither float nor integer.
    """
    check_finite(state)
    skipped = described(state, parameters.tensors) if but is None else but
    levels: Levels = {}
    maps: Maps = {}
    for name in sorted(state):
        tensor = state[name]
        if tensor.dtype.kind == "f":
            _check_magnitudes(name, tensor)
            if name not in skipped:
                bits = parameters.bias_mantissa if _biases_matrix(name, state) else parameters.mantissa
                levels[name], maps[name] = relative(tensor, bits)
        elif tensor.dtype.kind in "iub":
            levels[name], maps[name] = _integers(tensor), None
        else:
            raise WeightsError(f"tensor {name!r} has dtype {tensor.dtype}; allowed: float, integer and bool")
    return levels, maps


def _biases_matrix(name: str, state: Mapping[str, NDArray[Any]]) -> bool:
    """Whether a tensor is the bias of a matrix: `fc.bias` beside `fc.weight`."""
    weight = state.get(f"{name.removesuffix('bias')}weight")
    return name.endswith("bias") and weight is not None and is_matrix(weight.shape)


def described(state: Mapping[str, NDArray[Any]], tensors: Tensors) -> tuple[str, ...]:
    """Names of the tensors that the quantizer describes."""
    return tuple(name for name in sorted(state) if takes_part(name, state[name], tensors))


def steps(state: Mapping[str, NDArray[Any]], names: Sequence[str], step_rel: float, scale: Scale) -> dict[str, float]:
    """Step of each tensor at its own scale, a float32 value; 1 for a zero tensor, whose step says nothing."""
    sums, norms, counts = {}, {}, {name: int(np.count_nonzero(state[name])) for name in names}
    for name in names:  # one tensor at a time: float64 copies of a whole model would be twice its size
        magnitude = np.abs(state[name], dtype=np.float64)
        sums[name], norms[name] = float(magnitude.sum()), float(np.linalg.norm(magnitude))
    if scale == "tensor":
        wanted = {name: step_rel * _mean(sums[name], counts[name]) for name in names}
    else:
        total = sum(sums[name] / norms[name] for name in names if norms[name] > 0)
        mean = _mean(total, sum(counts.values()))
        wanted = {name: step_rel * mean * norm for name, norm in norms.items()}
    return {name: short(step) if counts[name] else 1.0 for name, step in wanted.items()}


def as_matrix(tensor: NDArray[Any]) -> NDArray[Any]:
    """The tensor as rows of its first axis, shape (rows, columns); a vector is one row."""
    return tensor.reshape((tensor.shape[0] if tensor.ndim > 1 else 1, -1)) if tensor.size else tensor.reshape(0, 0)


def representable(step: float) -> float:
    """The step as a float32 value, at least the smallest normal one: weights below that become 0."""
    return float(max(np.float32(step), np.finfo(np.float32).tiny))


def short(step: float, up: bool = False) -> float:
    """The step as a bfloat16 value, to the nearest or `up`: 16 bits in the file, within 0.4 % of the one wanted.

    Levels are taken with the rounded step, so nothing is lost but the exact place of the cells' borders.
    """
    bits = int(np.float32(representable(step)).view(np.uint32))
    rounded = bits + (0xFFFF if up else 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(np.uint32(min(rounded, 0x7F7F0000)).view(np.float32))


def signed(magnitudes: NDArray[np.int32], tensor: NDArray[Any]) -> NDArray[np.int32]:
    """Levels in the shape of `tensor`, with its signs; magnitudes: shape (n,)."""
    shaped = magnitudes.reshape(tensor.shape)
    return np.where(tensor < 0, -shaped, shaped)


def check_range(name: str, largest: float, step_rel: float) -> None:
    """Raise `ParameterError` if a magnitude of `largest` steps leaves 32 bits."""
    if not largest + 1 < LARGEST:
        raise ParameterError(
            f"step_rel: tensor {name!r} holds a weight of {largest:.3g} steps; allowed: below {LARGEST} "
            f"(got step_rel {step_rel})"
        )


def check_values(name: str, levels: NDArray[np.int32], level_map: LevelMap, dtype: np.dtype[Any]) -> None:
    """Raise `WeightsError` if the largest level's value overflows the tensor's dtype."""
    with np.errstate(over="ignore"):
        extremes = level_map.values(np.array([levels.min(initial=0), levels.max(initial=0)])).astype(dtype)
    if not np.isfinite(extremes).all():
        raise WeightsError(f"tensor {name!r}: its largest magnitude, quantized, leaves the range of {dtype}")


def _mean(total: float, count: int) -> float:
    return float(total) / count if count else 0.0


def _check_magnitudes(name: str, tensor: NDArray[Any]) -> None:
    largest, allowed = np.abs(tensor).max(initial=0), np.finfo(np.float32).max
    if largest > allowed:
        raise WeightsError(f"tensor {name!r} holds the magnitude {largest:.3g}; allowed: up to {allowed:.3g}")


def relative(tensor: NDArray[Any], mantissa: int) -> tuple[NDArray[np.int32], RelativeMap]:
    """Each value as the nearest float of `mantissa` bits of mantissa, ties to even; none but 0 becomes 0.

    Magnitudes within the range of float32. A value that would be rounded out of the range of its dtype is rounded down.
    """
    shift = MANTISSA - mantissa
    bits = np.abs(tensor).astype(np.float32).view(np.uint32).astype(np.int64)
    words = (bits + ((1 << shift >> 1) - 1 + ((bits >> shift) & 1) if shift else 0)) >> shift
    largest = np.finfo(tensor.dtype if tensor.dtype == np.float16 else np.float32).max
    most = int(np.float32(largest).view(np.uint32)) >> shift
    words = np.where(tensor == 0, 0, np.clip(words, 1, most))
    top = int(words.max(initial=0))
    levels = np.where(words > 0, top + 1 - words, 0)
    return np.where(tensor < 0, -levels, levels).astype(np.int32), RelativeMap(top, mantissa)


def _integers(tensor: NDArray[Any]) -> NDArray[Any]:
    """As int32; where one needs more than 32 bits, all of the tensor as they are."""
    fits = not tensor.size or -LARGEST - 1 <= int(tensor.min()) <= int(tensor.max()) <= LARGEST
    return tensor.astype(np.int32) if fits else tensor
