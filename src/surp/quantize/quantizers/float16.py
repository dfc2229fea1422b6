"""Every weight rounded to IEEE half precision, to the nearest, ties to even; below 3e-8 in magnitude it becomes 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from surp.quantize.interface import KeptParameters
from surp.quantize.narrow import narrowed
from surp.tensors.levels import Quantized, as_they_are


class Parameters(KeptParameters):
    """There is nothing to choose."""


def quantize(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> Quantized:
    """float16 values of a whole model; integers as they are. Raises `WeightsError` naming the tensor."""
    return as_they_are(narrowed(state, "float16"), "float16")
