"""Types of tensors by name: those of numpy, and the floats of ml_dtypes that networks are kept in."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

FLOATS = {
    "float16": (5, 10),
    "float32": (8, 23),
    "float64": (11, 52),
    "bfloat16": (8, 7),
    "float8_e4m3fn": (4, 3),
    "float8_e5m2": (5, 2),
    "float8_e4m3fnuz": (4, 3),
    "float8_e5m2fnuz": (5, 2),
}
"""Bits of exponent and of mantissa; a sign comes before them."""


def is_float(dtype: np.dtype[Any] | str) -> bool:
    """Whether it is one of `FLOATS`; ml_dtypes' types are of no kind that numpy knows."""
    return (dtype if isinstance(dtype, str) else dtype.newbyteorder("=").name) in FLOATS


def dtype_of(name: str) -> np.dtype[Any]:
    """Raises TypeError for a name that is no type's."""
    return np.dtype(getattr(ml_dtypes, name, name))


def cast(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Doubles or integers as the type; a float narrower than float32 is rounded to float32 first, ties to even."""
    wanted = dtype_of(dtype)
    if values.dtype == wanted:  # a float8 may be of numpy's kind "f", and no NaN is to be converted
        return values
    if values.dtype.kind == "f" and is_float(dtype) and wanted.itemsize < 4 and dtype != "float16":
        values = values.astype(np.float32)
    return values.astype(wanted, copy=False)
