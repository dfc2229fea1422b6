"""States of dependent quantization: which of two quantizers each level belongs to, by the levels before it.

A trellis of S states starts in state 0. A level is worth what the quantizer of the state says; its parity then chooses
the next state. Quantizer 0 has the even multiples of the step, quantizer 1 the odd ones and 0, so together they pack
twice as many points at the rate of one (trellis-coded quantization; H.266, table 9-4, for 4 states).
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEXT = {
    4: ((0, 2), (2, 0), (1, 3), (3, 1)),
    8: ((0, 2), (5, 7), (1, 3), (6, 4), (2, 0), (4, 6), (3, 1), (7, 5)),
}
"""State after an even and after an odd level, by number of states."""
ODD = {4: (0, 0, 1, 1), 8: (0, 1, 0, 1, 0, 1, 0, 1)}
"""The quantizer of each state."""


def quantizers(levels: NDArray[Any], states: int) -> NDArray[np.uint8]:
    """0 or 1 for each level, same shape; levels follow each other in C order.

    Blocks of about sqrt(n) levels advance side by side, each from every state, and are then chained: O(n) in numpy.
    """
    parities = (levels.reshape(-1) & 1).astype(np.uint8)
    steps = max(isqrt(parities.size), 1)
    blocks = -(-parities.size // steps)
    padded = np.zeros((blocks, steps), dtype=np.uint8)
    padded.reshape(-1)[: parities.size] = parities
    following = np.array(NEXT[states], dtype=np.uint8)
    ends = np.tile(np.arange(states, dtype=np.uint8), (blocks, 1))
    for column in padded.T:
        ends = following[ends, column[:, None]]
    now = np.zeros(blocks, dtype=np.uint8)
    for block in range(1, blocks):
        now[block] = ends[block - 1, now[block - 1]]
    found = np.zeros((blocks, steps), dtype=np.uint8)
    for index, column in enumerate(padded.T):
        found[:, index] = now
        now = following[now, column]
    odd = np.array(ODD[states], dtype=np.uint8)
    return odd[found.reshape(-1)[: parities.size]].reshape(levels.shape)
