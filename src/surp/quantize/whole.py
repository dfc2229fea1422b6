"""A whole model as levels: what a quantizer makes of some tensors, and the exact treatment of all the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.quantize.interface import LevelParameters
from surp.tensors.levels import Quantized
from surp.tensors.maps import MANTISSA, LevelMap, Map, RelativeMap
from surp.tensors.state import Tensors, check_finite, is_matrix, takes_part

LARGEST = int(np.iinfo(np.int32).max)


class WholeModel:
    """Levels and maps of a model, to which a quantizer adds the tensors that it describes.

    From the beginning it has all the others: floats of few digits, integers as they are. but: names of those that the
    quantizer describes, if not all of `parameters.tensors`. Raises `WeightsError` naming the tensor if a number is not
    finite, if a magnitude leaves the range of 32-bit floats, or if a dtype is neither float nor integer.
    """

    def __init__(
        self, state: Mapping[str, NDArray[Any]], parameters: LevelParameters, but: Collection[str] | None = None
    ) -> None:
        check_finite(state)
        self._dtypes = {name: tensor.dtype for name, tensor in state.items()}
        self._levels: dict[str, NDArray[Any]] = {}
        self._maps: dict[str, Map | None] = {}
        skipped = described(state, parameters.tensors) if but is None else but
        for name in sorted(state):
            tensor = state[name]
            if tensor.dtype.kind == "f":
                _check_magnitudes(name, tensor)
                if name not in skipped:
                    bits = parameters.bias_mantissa if _biases_matrix(name, state) else parameters.mantissa
                    self.add(name, *relative_levels(tensor, bits))
            elif tensor.dtype.kind in "iub":
                self._levels[name], self._maps[name] = _integers(tensor), None
            else:
                raise WeightsError(f"tensor {name!r} has dtype {tensor.dtype}; allowed: float, integer and bool")

    def add(self, name: str, levels: NDArray[np.int32], level_map: Map) -> None:
        """Take over a tensor. Raises `WeightsError` if the largest overflows the tensor's dtype."""
        self._levels[name], self._maps[name] = levels, level_map
        if isinstance(level_map, LevelMap):
            _check_values(name, levels, level_map, self._dtypes[name])

    def quantized(self, quantizer: str, passes: int = 0, embedded: tuple[str, ...] = ()) -> Quantized:
        """The model as far as it has been added to."""
        dtypes = {name: str(dtype) for name, dtype in self._dtypes.items()}
        return Quantized(self._levels, self._maps, dtypes, quantizer, passes, embedded)


def described(state: Mapping[str, NDArray[Any]], tensors: Tensors) -> tuple[str, ...]:
    """Names of the tensors that the quantizer describes."""
    return tuple(name for name in sorted(state) if takes_part(name, state[name], tensors))


def relative_levels(tensor: NDArray[Any], mantissa: int) -> tuple[NDArray[np.int32], RelativeMap]:
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


def _check_values(name: str, levels: NDArray[np.int32], level_map: LevelMap, dtype: np.dtype[Any]) -> None:
    """Raise `WeightsError` if the largest level's value overflows the tensor's dtype."""
    with np.errstate(over="ignore"):
        extremes = level_map.values(np.array([levels.min(initial=0), levels.max(initial=0)])).astype(dtype)
    if not np.isfinite(extremes).all():
        raise WeightsError(f"tensor {name!r}: its largest magnitude, quantized, leaves the range of {dtype}")


def _biases_matrix(name: str, state: Mapping[str, NDArray[Any]]) -> bool:
    """Whether a tensor is the bias of a matrix: `fc.bias` beside `fc.weight`."""
    weight = state.get(f"{name.removesuffix('bias')}weight")
    return name.endswith("bias") and weight is not None and is_matrix(weight.shape)


def _check_magnitudes(name: str, tensor: NDArray[Any]) -> None:
    largest, allowed = np.abs(tensor).max(initial=0), np.finfo(np.float32).max
    if largest > allowed:
        raise WeightsError(f"tensor {name!r} holds the magnitude {largest:.3g}; allowed: up to {allowed:.3g}")


def _integers(tensor: NDArray[Any]) -> NDArray[Any]:
    """As int32; where one needs more than 32 bits, all of the tensor as they are."""
    fits = not tensor.size or -LARGEST - 1 <= int(tensor.min()) <= int(tensor.max()) <= LARGEST
    return tensor.astype(np.int32) if fits else tensor
