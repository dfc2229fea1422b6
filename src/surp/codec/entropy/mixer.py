"""Mixing of predictions in the logistic domain, in integers. Compiled; one function for both ways.

A decision has inputs: adaptive estimates, each of a context (a cell), and signals that the caller computes. With
s_i = stretch(p_i) the chance is squash(sum w_i s_i); after the decision each weight moves by rate * error * s_i. A
weight is chosen by input, by the decision's set and, for a cell, by how much that cell has seen: a fresh cell
whispers. The preset `max` has two sets a decision, a quick and a slow one, whose sums are averaged.

What is learned is one int32 array, the mind: cells (estimate in 2^-22ths, decisions seen), then weights. Room for one
decision is an int64 array, the desk: cells picked, stretched predictions, places of the weights.

Source: M. Mahoney, Adaptive weighing of context models for lossless data compression, 2005 (PAQ).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from surp.codec.entropy.jit import kernel, part
from surp.codec.entropy.logistic import LIMIT, SQUASH, STRETCH
from surp.codec.entropy.range_coder import CERTAIN, LEAST, code_bit

PRECISION = 22
TO_CHANCE = PRECISION - 16
SEEN_LIMIT = 1023
RATES = np.array([(2 * 65536 + n) // (2 * n + 3) for n in range(SEEN_LIMIT + 1)], dtype=np.int32)
"""An estimate that has seen n decisions moves by 1 / (n + 1.5), in 65536ths."""
TRUSTS = 4
TRUST = np.searchsorted((3, 12, 60), np.arange(SEEN_LIMIT + 1), side="right").astype(np.int32)
"""How much a cell has seen, in TRUSTS classes."""
INPUTS = 20
"""Most inputs of one decision."""
ONE = 1 << 16
"""The weight 1."""
HEAVIEST = ONE << 4
RATE_SHIFT = 24
LAST_RATE, MORE_RATE, HALF_TIME = 64, 256, 1 << 16
"""Learning rate of weights, in 2^-24ths: at first the sum, and after HALF_TIME decisions half of MORE_RATE is gone.

Of two sets the first learns twice as fast, the second half as fast.
"""
SIGNALS, PLACES = INPUTS, 2 * INPUTS
"""Where on the desk signals and places of weights begin; cells picked stand before them."""
COUNT, RATE = 3 * INPUTS, 3 * INPUTS + 1
"""Where on the desk the decisions mixed so far are counted, and where the learning rate stands."""
DESK = 3 * INPUTS + 2
SET = INPUTS * TRUSTS
"""Weights of one set."""


@part
def squash(stretched: Any) -> Any:
    return int(SQUASH[min(max(stretched, -LIMIT), LIMIT) + LIMIT])


@part
def chance_of(mind: Any, cell: Any) -> Any:
    """A cell's estimate, in 65536ths."""
    return int(mind[2 * cell]) >> TO_CHANCE


@part
def learn_cell(mind: Any, cell: Any, bit: Any) -> None:
    """Move a cell's estimate towards the decision seen."""
    seen = int(mind[2 * cell + 1])
    estimate = int(mind[2 * cell])
    mind[2 * cell] = estimate + (((bit * ((1 << PRECISION) - 1) - estimate) * int(RATES[seen])) >> 16)
    mind[2 * cell + 1] = seen + (1 if seen < SEEN_LIMIT else 0)


@part
def _mix(mind: Any, desk: Any, weights: Any, inputs: Any) -> Any:
    """Weighted sum of all inputs, stretched."""
    total = 0
    for index in range(inputs):
        total += desk[SIGNALS + index] * int(mind[weights + desk[PLACES + index]])
    return total >> 16


@part
def _correct(mind: Any, desk: Any, weights: Any, inputs: Any, step: Any) -> None:
    """Move the weights of one set. step: error in 65536ths, times the learning rate."""
    for index in range(inputs):
        place = weights + desk[PLACES + index]
        weight = int(mind[place]) + ((desk[SIGNALS + index] * step + (1 << (RATE_SHIFT - 1))) >> RATE_SHIFT)
        mind[place] = min(max(weight, -HEAVIEST), HEAVIEST)


@part
def slow_down(desk: Any) -> None:
    """Compute the learning rate anew."""
    desk[RATE] = LAST_RATE + MORE_RATE * HALF_TIME // (desk[COUNT] + HALF_TIME)


@kernel
def code_mixed(
    coder: Any, buffer: Any, mind: Any, desk: Any, first: Any, second: Any, counted: Any, inputs: Any, bit: Any
) -> Any:
    """Code one decision and learn from it. first, second: where the sets of weights begin (second 0: only the first).

    The first `counted` of the `inputs` are cells, named on the desk; the signals of the others stand there already.
    """
    for index in range(counted):
        cell = desk[index]
        desk[SIGNALS + index] = int(STRETCH[chance_of(mind, cell)])
        desk[PLACES + index] = index * TRUSTS + int(TRUST[mind[2 * cell + 1]])
    for index in range(counted, inputs):
        desk[PLACES + index] = index * TRUSTS
    total = _mix(mind, desk, first, inputs)
    other = _mix(mind, desk, second, inputs) if second else total
    chance = min(max(squash((total + other) >> 1), LEAST), CERTAIN - LEAST)
    bit = code_bit(coder, buffer, chance, bit)
    target = bit << 16
    rate = desk[RATE]
    _correct(mind, desk, first, inputs, (target - squash(total)) * (2 * rate if second else rate))
    if second:
        _correct(mind, desk, second, inputs, (target - squash(other)) * (rate >> 1))
    desk[COUNT] += 1
    for index in range(counted):
        learn_cell(mind, desk[index], bit)
    return bit


@part
def code_cell(coder: Any, buffer: Any, mind: Any, cell: Any, bit: Any) -> Any:
    """Code one decision by one cell's estimate alone, and learn from it."""
    chance = min(max(chance_of(mind, cell), LEAST), CERTAIN - LEAST)
    bit = code_bit(coder, buffer, chance, bit)
    learn_cell(mind, cell, bit)
    return bit
