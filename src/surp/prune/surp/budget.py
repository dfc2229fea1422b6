"""A run of the reference schedule that stops at a rate or at a distortion instead of at a number of survivors.

The rate is that of the index stream (`surp.theory.index_stream`): h(p) / p bits a step with p = |C| / n, and one bit
for the sign at a weight's first hit. The distortion is the sum of the residuals over that of the magnitudes.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from surp.errors import TargetError
from surp.prune.interface import Target
from surp.tensors.layout import Vector

SPENT, MOST, LEFT, WANTED, DONE = range(5)
_LN2 = math.log(2)
_NOTHING = 2.0**-40
"""What the schedule can still take, over what is left, when it is as good as ended."""


def budget(target: Target | None, n: int, total: float) -> Vector:
    """Bits spent, bits at most, residual left, residual wanted, and 1 once the run has stopped. target: a rate, a
    distortion, or None for a run that stops at a number of survivors; n: weights; total: sum of the magnitudes."""
    most = target.value * n if target and target.stop == "rate" else np.inf
    wanted = target.value * total if target and target.stop == "distortion" else -np.inf
    return np.array([0.0, most, total, wanted, 0.0])


@numba.njit(cache=True, nogil=True)
def step_bits(candidates: int, n: int) -> float:
    """h(p) / p, bits, for p = candidates / n: `surp.theory.index_stream.index_bits`, compiled."""
    p = candidates / n
    return 0.0 if p >= 1 else (-math.log(p) - (1 / p - 1) * math.log1p(-p)) / _LN2


@numba.njit(cache=True, nogil=True)
def afford(limits: Vector, candidates: int, n: int, first: bool) -> bool:
    """Pay for a step if the bits suffice; else nothing is spent, and the run has stopped."""
    if limits[MOST] < np.inf:
        bits = limits[SPENT] + step_bits(candidates, n) + (1.0 if first else 0.0)
        if bits > limits[MOST]:
            limits[DONE] = 1
            return False
        limits[SPENT] = bits
    return True


@numba.njit(cache=True, nogil=True)
def account(limits: Vector, tau: float) -> None:
    """Note what a step has taken from the residuals; the run has stopped if that is enough."""
    limits[LEFT] -= tau
    if limits[LEFT] <= limits[WANTED]:
        limits[DONE] = 1


def check_reachable(limits: Vector, tau: float, n: int, target: Target, total: float) -> None:
    """Raise `TargetError` naming what can be reached once the schedule can no longer meet the target.

    Until the next refresh a step takes tau and leaves tau (n - 1) / n, so S - n tau never changes, S being the sum of
    the residuals: as long as no candidate is left only when all r <= tau, hence S <= n tau, a period that begins with
    S > n tau (alpha n / m < 1) is the last, and S falls to S - n tau and no lower.
    """
    end = float(limits[LEFT] - n * tau)
    if target.stop == "distortion" and end >= limits[WANTED]:
        raise TargetError(f"{target}: SuRP's schedule ends at {end / total:.6g}; allowed: above that")
    if target.stop == "rate" and n * tau <= _NOTHING * limits[LEFT]:
        reached = limits[SPENT] / n
        raise TargetError(f"{target}: SuRP's schedule describes all it can in {reached:.6g}; allowed: up to that")
