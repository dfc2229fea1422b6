"""One array under several names: tied weights are stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from surp.tensors.forms import Form

BASE = False


def rebuild(form: Form, components: list[NDArray[Any]], base: NDArray[Any] | None) -> NDArray[Any]:
    (array,) = components
    if array.shape != form.shape:
        raise ValueError(f"an array of shape {array.shape} for a tensor of shape {form.shape}")
    return array.astype(np.dtype(form.dtype), copy=False)
