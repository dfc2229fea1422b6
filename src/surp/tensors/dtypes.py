"""The types of tensors: those of numpy, and of ml_dtypes the floats that numpy lacks (bfloat16, float8).

Importing this module makes their names known to numpy: `np.dtype("bfloat16")`.
"""

from __future__ import annotations

from typing import Any, Final

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

FLOATS: Final = {
    **{"float16": (5, 10), "float32": (8, 23), "float64": (11, 52), "bfloat16": (8, 7)},
    **{"float8_e4m3fn": (4, 3), "float8_e4m3fnuz": (4, 3), "float8_e5m2": (5, 2), "float8_e5m2fnuz": (5, 2)},
}
"""Bits of exponent and of mantissa of each type of float; its sign is the bit above them."""


def is_float(dtype: np.dtype[Any] | str) -> bool:
    """Whether it is one of `FLOATS`. numpy itself does not count bfloat16 and float8 as floats."""
    return (dtype if isinstance(dtype, str) else dtype.name) in FLOATS


def dtype_of(name: str) -> np.dtype[Any]:
    """The type of that name, of numpy or of ml_dtypes. Raises TypeError for a name that is no type's."""
    return np.dtype(name)


def numpy_has(dtype: np.dtype[Any]) -> bool:
    """Whether numpy has the type; if not, other libraries know it by its bits only."""
    return dtype.isbuiltin != 2


def bits(array: NDArray[Any]) -> NDArray[Any]:
    """The same memory as unsigned integers, same shape."""
    return array.view(f"u{array.dtype.itemsize}")


def widened(array: NDArray[Any]) -> NDArray[Any]:
    """An array to compute with: bfloat16 and float8 as float32, which holds their values, others as they are."""
    return array.astype(np.float32) if is_float(array.dtype) and not numpy_has(array.dtype) else array


def cast(values: NDArray[Any], name: str) -> NDArray[Any]:
    """`values` in the type of that name. bfloat16 and float8 by way of float32, to the nearest, ties to even; float8
    up to its largest finite value, since some of these types have no infinity."""
    dtype = dtype_of(name)
    if values.dtype == dtype or numpy_has(dtype):
        return values.astype(dtype, copy=False)
    single = values.astype(np.float32)
    if dtype.itemsize == 1:
        largest = float(ml_dtypes.finfo(dtype).max)  # type: ignore[no-untyped-call]
        single = np.clip(single, -largest, largest)
    return single.astype(dtype)
