"""Steps: the width of the interval that a level stands for, one a tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import ParameterError
from surp.quantize.interface import StepParameters
from surp.quantize.whole import LARGEST, described


def steps(state: Mapping[str, NDArray[Any]], parameters: StepParameters) -> dict[str, float]:
    """Step of each tensor that is described, at its own scale, a float32 value; 1 for a zero tensor, whose step says
    nothing."""
    names, step_rel = described(state, parameters.tensors), parameters.step_rel
    sums, norms, counts = {}, {}, {name: int(np.count_nonzero(state[name])) for name in names}
    for name in names:  # one tensor at a time: float64 copies of a whole model would be twice its size
        magnitude = np.abs(state[name], dtype=np.float64)
        sums[name], norms[name] = float(magnitude.sum()), float(np.linalg.norm(magnitude))
    if parameters.scale == "tensor":
        wanted = {name: step_rel * _mean(sums[name], counts[name]) for name in names}
    else:
        total = sum(sums[name] / norms[name] for name in names if norms[name] > 0)
        mean = _mean(total, sum(counts.values()))
        wanted = {name: step_rel * mean * norm for name, norm in norms.items()}
    return {name: bfloat16_step(step) if counts[name] else 1.0 for name, step in wanted.items()}


def representable(step: float) -> float:
    """The step as a float32 value, at least the smallest normal one: weights below that become 0."""
    return float(max(np.float32(step), np.finfo(np.float32).tiny))


def bfloat16_step(step: float) -> float:
    """The step as a bfloat16 value, to the nearest: 16 bits in the file, within 0.4 % of the one wanted.

    Levels are taken with the rounded step, so nothing is lost but the exact place of the intervals' borders.
    """
    bits = int(np.float32(representable(step)).view(np.uint32))
    rounded = bits + 0x7FFF + ((bits >> 16) & 1) & 0xFFFF0000
    return float(np.uint32(min(rounded, 0x7F7F0000)).view(np.float32))


def check_range(name: str, largest: float, step_rel: float) -> None:
    """Raise `ParameterError` if a magnitude of `largest` steps leaves 32 bits."""
    if not largest + 1 < LARGEST:
        raise ParameterError(
            f"step_rel: tensor {name!r} holds a weight of {largest:.3g} steps; allowed: below {LARGEST} "
            f"(got step_rel {step_rel})"
        )


def as_matrix(tensor: NDArray[Any]) -> NDArray[Any]:
    """The tensor as rows of its first axis, shape (rows, columns); a vector is one row."""
    return tensor.reshape((tensor.shape[0] if tensor.ndim > 1 else 1, -1)) if tensor.size else tensor.reshape(0, 0)


def signed(magnitudes: NDArray[np.int32], tensor: NDArray[Any]) -> NDArray[np.int32]:
    """Levels in the shape of `tensor`, with its signs; magnitudes: shape (n,)."""
    shaped = magnitudes.reshape(tensor.shape)
    return np.where(tensor < 0, -shaped, shaped)


def _mean(total: float, count: int) -> float:
    return float(total) / count if count else 0.0
