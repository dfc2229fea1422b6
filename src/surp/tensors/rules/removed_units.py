"""Units (slices along some axes) that were removed come back as zeros; the rest is stored as a narrower tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from surp.tensors.forms import Form

BASE = False


def components(tensor: NDArray[Any], axes: Sequence[int]) -> list[NDArray[Any]]:
    """The narrow tensor, and for each of `axes` which units stay, bool; those whose slice is all zero are removed."""
    alive: list[NDArray[Any]] = [
        np.any(tensor, axis=tuple(other for other in range(tensor.ndim) if other != axis)) for axis in axes
    ]
    narrow = tensor
    for axis, units in zip(axes, alive, strict=True):
        narrow = np.compress(units, narrow, axis)
    return [narrow, *alive]


def rebuild(form: Form, components: list[NDArray[Any]], base: NDArray[Any] | None) -> NDArray[Any]:
    """The narrow tensor spread over its places. parameters: the axes, each with a bool vector among the components."""
    narrow, *alive = components
    axes = form.parameters
    if len(alive) != len(axes) or len(set(axes)) != len(axes) or not all(0 <= a < len(form.shape) for a in axes):
        raise ValueError(f"{len(alive)} vectors of units for the axes {axes} of a tensor of shape {form.shape}")
    places = [np.arange(extent) for extent in form.shape]
    for axis, units in zip(axes, alive, strict=True):
        if units.dtype != np.bool_ or units.shape != (form.shape[axis],):
            raise ValueError(f"units of axis {axis} are {units.dtype} of shape {units.shape}, not bool of its extent")
        places[axis] = np.flatnonzero(units)
    if narrow.shape != tuple(place.size for place in places):
        raise ValueError(f"a narrow tensor of shape {narrow.shape} where {tuple(p.size for p in places)} units stay")
    result = np.zeros(form.shape, dtype=np.dtype(form.dtype))
    result[np.ix_(*places)] = narrow
    return result
