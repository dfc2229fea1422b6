"""The logistic domain in integers: `STRETCH` of a probability, ln(p / (1 - p)), and its inverse `SQUASH`.

Unit of the stretched domain: 1/256. Probabilities are in 65536ths. Both tables are made in integer arithmetic alone,
so they are the same on every machine.

Source of the method: M. Mahoney, Adaptive weighing of context models for lossless data compression, 2005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIMIT = 2839
"""Largest stretched value: 65535 / 65536 is 2839.1 units."""
_BITS = 64
_STEP = 18518942588666869715
"""exp(1/256) in 2^-64ths."""


def _squash() -> NDArray[np.int32]:
    upper = []
    power = 1 << _BITS
    for _ in range(LIMIT + 1):
        upper.append(min(65535, (power << 16) // (power + (1 << _BITS))))
        power = (power * _STEP) >> _BITS
    lower = [65536 - value for value in upper[:0:-1]]
    return np.array(lower + upper, dtype=np.int32)


SQUASH = _squash()
"""Probability of stretched x at index x + LIMIT."""
STRETCH = (np.searchsorted(SQUASH, np.arange(1 << 16), side="left").clip(0, 2 * LIMIT) - LIMIT).astype(np.int16)
"""Stretched value of probability p / 65536 at index p: the least x whose `SQUASH` reaches p."""

RATIO_ONE = 256
RATIO_LIMIT = 1 << 14


def _logs() -> NDArray[np.int16]:
    powers = []
    power = 1 << _BITS
    while (power * RATIO_ONE) >> _BITS <= RATIO_LIMIT:
        powers.append(power)
        power = (power * _STEP) >> _BITS
    ratios = np.arange(RATIO_LIMIT + 1)
    above = np.searchsorted([(p * RATIO_ONE) >> _BITS for p in powers], ratios, side="right") - 1
    below = np.searchsorted([-((RATIO_ONE << _BITS) // p) for p in powers], -ratios, side="left")
    return np.where(ratios >= RATIO_ONE, above, -np.minimum(below, len(powers))).astype(np.int16)


LOGS = _logs()
"""ln(i / RATIO_ONE) in units, of a ratio i / RATIO_ONE up to 64."""
