"""bfloat16, which numpy does not have: values in float32 arrays, whose upper 16 bits they are.

Bits are moved and never converted: a conversion would make every NaN the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def upper(array: NDArray[Any]) -> NDArray[np.uint16]:
    """The bits of bfloat16 values that stand in a float32 array."""
    return (array.view(np.uint32) >> 16).astype(np.uint16)


def widened(words: NDArray[Any]) -> NDArray[np.float32]:
    """Inverse of `upper`."""
    return (words.astype(np.uint32) << np.uint32(16)).view(np.float32)
