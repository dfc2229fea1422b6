"""What is added to the tensor of the same name in a base model (a fine-tuned copy, the round before)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from surp.tensors.forms import Form

BASE = True


def components(tensor: NDArray[Any], base: NDArray[Any]) -> list[NDArray[Any]]:
    """The difference in double precision, cast to the tensor's type."""
    return [(tensor.astype(np.float64) - base.astype(np.float64)).astype(tensor.dtype)]


def rebuild(form: Form, components: list[NDArray[Any]], base: NDArray[Any] | None) -> NDArray[Any]:
    """Base plus difference in double precision, cast to the form's type."""
    (change,) = components
    if base is None or base.shape != form.shape or change.shape != form.shape:
        there = None if base is None else base.shape
        raise ValueError(f"a base of shape {there} and a difference of shape {change.shape} for {form.shape}")
    return (base.astype(np.float64) + change.astype(np.float64)).astype(np.dtype(form.dtype))
