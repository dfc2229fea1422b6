"""Integers by rows with a scale each: row i of the tensor is the integers of row i times scale i."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from surp.tensors.forms import Form

BASE = False
ROLES = ("integers", "scales")
"""The components."""


def rebuild(form: Form, components: list[NDArray[Any]], base: NDArray[Any] | None) -> NDArray[Any]:
    """Float arithmetic of the scales' type, cast to the form's."""
    integers, scales = components
    if not form.shape or integers.shape != form.shape or scales.shape != form.shape[:1]:
        raise ValueError(f"integers of shape {integers.shape} and scales of shape {scales.shape} for {form.shape}")
    values = integers.astype(scales.dtype) * scales.reshape(-1, *[1] * (integers.ndim - 1))
    return values.astype(np.dtype(form.dtype), copy=False)
