"""What the quantizers without levels share: every float as a float of another type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.tensors.state import State, check_finite


def narrowed(state: Mapping[str, NDArray[Any]], dtype: str) -> State:
    """Floats rounded to `dtype` (to the nearest, ties to even), -0 to 0; integers as they are.

    Raises `WeightsError` naming the tensor for NaN and infinity, for a magnitude that `dtype` cannot hold, and for a
    tensor that is neither float nor integer.
    """
    check_finite(state)
    result: State = {}
    for name in sorted(state):
        tensor = state[name]
        if tensor.dtype.kind not in "fiub":
            raise WeightsError(f"tensor {name!r} has dtype {tensor.dtype}; allowed: float, integer and bool")
        result[name] = _rounded(name, tensor, np.dtype(dtype)) if tensor.dtype.kind == "f" else tensor
    return result


def _rounded(name: str, tensor: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore", under="ignore"):
        result = tensor.astype(dtype) + dtype.type(0)  # no weight needs a -0, and its sign would cost a bit
    if not np.isfinite(result).all():
        largest = float(np.abs(tensor).max())
        raise WeightsError(
            f"tensor {name!r} holds the magnitude {largest:.6g}; {dtype} goes up to {float(np.finfo(dtype).max):.6g}"
        )
    return result
