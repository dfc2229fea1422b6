"""Every weight rounded to IEEE half precision, to the nearest, ties to even; below 3e-8 in magnitude it becomes 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from surp.quantize.interface import KeptParameters
from surp.quantize.narrow import kept, narrowed
from surp.tensors.kept import Kept


class Parameters(KeptParameters):
    """There is nothing to choose."""


def quantize(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> Kept:
    """float16 values of a whole model; integers as they are. Raises `WeightsError` naming the tensor."""
    return kept(narrowed(state, "float16"), "float16")
