"""The description in passes as a pruner: halving thresholds, the smallest survivor's magnitude the last of them.

After its last pass every survivor has been hit and its reconstruction is the lower end of its interval. What that costs
is measured, not estimated: the passes are coded by the coder of the `.surp` files. Their bits are those of the passes
alone, without header, checksums and reconstruction points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from surp import registry
from surp.errors import TargetError
from surp.parameters import Frozen
from surp.prune.interface import Selection, Target
from surp.prune.layerwise import by_tensor
from surp.prune.ranked import largest
from surp.tensors.layout import Layout, Vector

_MOST = float(1 << 30)
"""Largest magnitude over last threshold: a level has 30 bits."""


class PassEncoder(Protocol):
    """What is asked of the coder. Loaded by name: only rules of a rate depend on it."""

    Parameters: type[Frozen]

    def encode_passes(self, tensors: Sequence[NDArray[np.int32]], passes: int, parameters: Any) -> Iterable[bytes]:
        """The code of each pass."""


def keep(vector: Vector, count: int) -> Selection:
    """The `count` largest and their reconstruction."""
    magnitudes = np.abs(vector)
    survivors = largest(magnitudes, count)
    value = np.zeros(vector.size)
    if count:
        kept = magnitudes[survivors]
        value[survivors] = np.copysign(kept - np.fmod(kept, kept.min()), vector[survivors])
    return Selection(survivors, value)


def distortion(ordered: Vector, count: int) -> float:
    """Mean |u - v| over mean |u| with `count` survivors. ordered: magnitudes, falling, shape (n,), not all 0."""
    kept = ordered[:count]
    rest = np.fmod(kept, kept[-1]).sum() if count else 0.0
    return float((rest + ordered[count:].sum()) / ordered.sum())


def rate(vector: Vector, layout: Layout, threshold: float) -> float:
    """Bits/weight of all passes down to `threshold`, really coded, tensor by tensor."""
    magnitudes = np.floor(np.abs(vector) / threshold).astype(np.int32)
    levels = np.where(vector < 0, -magnitudes, magnitudes)
    tensors = [*by_tensor(levels, layout).values()]
    coder: PassEncoder = registry.load("coders", "adaptive")
    codes = coder.encode_passes(tensors, int(magnitudes.max()).bit_length(), coder.Parameters())
    return sum(8 * len(code) for code in codes) / vector.size


def reach(vector: Vector, layout: Layout, target: Target) -> Selection:
    """Keep as many as the target asks for: a number that meets it while one less (distortion) or more (rate) does not.

    Distortion and rate are not strictly monotone in the number, so there may be several; each is as good. Takes
    about log2 n measurements of O(n). Raises `TargetError` naming what can be reached.
    """
    ordered = np.sort(np.abs(vector))[::-1]
    most = int(np.count_nonzero(ordered * _MOST > ordered[0]))
    if target.stop == "distortion":
        count = _turn(lambda k: distortion(ordered, k) <= target.value, most)
        if count > most:
            end = distortion(ordered, most)
            raise TargetError(f"{target}: the passes end at {end:.6g}; allowed: at least that")
        return keep(vector, count)
    count = _turn(lambda k: rate(vector, layout, ordered[k - 1]) > target.value, most) - 1
    if count == 0:
        least = rate(vector, layout, ordered[0])
        raise TargetError(f"{target}: the first survivor takes {least:.6g} bits/weight; allowed: at least that")
    if count == most and rate(vector, layout, ordered[most - 1]) < target.value:
        end = rate(vector, layout, ordered[most - 1])
        raise TargetError(f"{target}: all passes take {end:.6g} bits/weight; allowed: up to that")
    return keep(vector, count)


def _turn(holds: Callable[[int], bool], most: int) -> int:
    """A k in 1..most + 1 for which `holds` while it does not for k - 1; `most` + 1 if it does not for `most`.

    It does not hold at 0. Doubles first: a description of few survivors is quick to measure.
    """
    low, high = 0, 1
    while high < most and not holds(high):
        low, high = high, 2 * high
    if high >= most:
        high = most
        if not holds(most):
            return most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
