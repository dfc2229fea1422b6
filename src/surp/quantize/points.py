"""Where in its interval a value is put: the conditional median or mean of what falls in, in 256ths of a step."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from surp.quantize.interface import Point
from surp.tensors.layout import Vector

OFFSETS = 3
"""Offsets sent: those of |l| = 1 and 2, and one for all larger levels."""


def offsets(rest: Vector, magnitudes: NDArray[np.int32], point: Point) -> tuple[int, ...]:
    """Offsets for |l| = 1, 2, >= 3, as many as occur; an interval that nothing falls in has 0.

    rest: |u| / step - base(|l|), the part of each weight that its level leaves; magnitudes: |l|, same shape.

    The l1 distortion of an interval is convex in its offset and least at the median. Rounding towards 0 keeps the
    offset between 0 and the median, so it is never worse than none: with `median` the last pass of a
    description can only help.
    """
    if point == "lower":
        return ()
    centre = np.median if point == "median" else np.mean
    found = []
    for number in range(1, min(OFFSETS, int(magnitudes.max(initial=0))) + 1):
        inside = rest[magnitudes >= number if number == OFFSETS else magnitudes == number]
        found.append(math.trunc(256 * float(centre(inside))) if inside.size else 0)
    return tuple(found) if any(found) else ()
