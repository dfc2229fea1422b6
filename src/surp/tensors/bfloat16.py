"""MERGE: goes when `codec` takes and gives arrays of ml_dtypes. A state, and (float32 arrays, names of types)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from surp.tensors.state import State


def to_pair(state: State) -> tuple[State, dict[str, str]]:
    """What `codec.encode_exact` takes: bfloat16 as float32, bits moved and not converted."""
    types = {name: value.dtype.name for name, value in state.items()}
    return {n: _single(v) if types[n] == "bfloat16" else v for n, v in state.items()}, types


def from_pair(state: State, types: Mapping[str, str]) -> State:
    """What `codec.decode_state` gives, as a state."""
    wide = {name for name, value in state.items() if types[name] == "bfloat16" and value.dtype == np.float32}
    return {name: _brain(value) if name in wide else value for name, value in state.items()}


def _single(value: NDArray[Any]) -> NDArray[Any]:
    return (np.ascontiguousarray(value).reshape(value.shape).view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def _brain(value: NDArray[Any]) -> NDArray[Any]:
    return (value.view(np.uint32) >> 16).astype(np.uint16).view(ml_dtypes.bfloat16)
