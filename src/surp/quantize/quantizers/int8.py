"""Symmetric int8, one scale for each output channel: what post-training quantization of weights does.

With m the largest magnitude of row i, scale = max(m / 127.5, 2^-23) and q = round(w * (1 / scale)), ties to even,
limited to -128 ... 127, all in float32: bit for bit what torch gives (torch.ao's `default_per_channel_weight_observer`
and `torch.quantize_per_channel`; torchao has the same arithmetic). Vectors stay float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.quantize.interface import KeptParameters
from surp.quantize.narrow import narrowed
from surp.tensors.forms import Form
from surp.tensors.levels import Quantized, as_they_are, component_names
from surp.tensors.rules import scaled_rows
from surp.tensors.state import State, takes_part

_HALF_RANGE = np.float32(127.5)
_LEAST = np.finfo(np.float32).eps
"""Torch's least scale: a row of zeros has this one."""


class Parameters(KeptParameters):
    """There is nothing to choose."""


def quantize(state: Mapping[str, NDArray[Any]], parameters: Parameters) -> Quantized:
    """int8 and scales of matrices, float32 vectors, integers as they are. Raises `WeightsError` naming the tensor."""
    arrays: State = {}
    forms: dict[str, Form] = {}
    for name, tensor in narrowed(state, "float32").items():
        if takes_part(name, tensor, "matrices"):
            components = component_names(name, scaled_rows.ROLES, state)
            forms[name] = Form("scaled_rows", tensor.shape, "float32", components)
            arrays |= zip(components, rows(tensor), strict=True)
        else:
            arrays[name] = tensor
    return replace(as_they_are(arrays, "int8"), forms=forms)


def rows(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """int8 of the same shape (c, ...), and the scales, shape (c,)."""
    largest = np.abs(weights).max(axis=tuple(range(1, weights.ndim)), keepdims=True, initial=0)
    scales = np.maximum(largest / _HALF_RANGE, _LEAST)
    levels = np.rint(weights * (np.float32(1) / scales))
    return np.clip(levels, -128, 127).astype(np.int8), scales.reshape(-1)
