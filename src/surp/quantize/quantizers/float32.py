"""Every weight as it is, in IEEE single precision: the checkpoint itself, whose row shows what sparsity alone gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from surp.quantize.interface import KeptParameters, Made
from surp.quantize.narrow import narrowed
from surp.tensors.levels import Quantized, as_they_are


class Parameters(KeptParameters):
    """There is nothing to choose."""

    @property
    def makes(self) -> Made:
        return "floats"


def quantize(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> Quantized:
    """float32 values of a whole model; integers as they are. Raises `WeightsError` naming the tensor."""
    return as_they_are(narrowed(state, "float32"), "float32")
