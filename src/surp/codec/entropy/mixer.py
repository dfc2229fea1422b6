"""Mixing of predictions in the logistic domain, in integers. Compiled; one function for both ways.

A decision has inputs: adaptive estimates, each of a context (a cell), and signals that the caller computes. With
s_i = stretch(p_i) the chance is squash(sum w_i s_i); after the decision each weight moves by rate * error * s_i. A
weight is chosen by input, by the decision's set and, for a cell, by how much that cell has seen: a fresh cell
counts for little. The preset `max` has two sets a decision, a quick and a slow one, whose sums are averaged.

What is learned is one int32 array, the memory: cells (estimate in 2^-22ths, decisions seen), then weights. What one
decision needs is an int64 array: cells picked, stretched predictions, places of the weights.

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
"""Where in the array of a decision signals and places of weights begin; cells picked stand before them."""
COUNT, RATE = 3 * INPUTS, 3 * INPUTS + 1
"""Where in it the decisions mixed so far are counted, and where the learning rate stands."""
DECISION = 3 * INPUTS + 2
SET = INPUTS * TRUSTS
"""Weights of one set."""


@part
def squash(stretched: Any) -> Any:
    return int(SQUASH[min(max(stretched, -LIMIT), LIMIT) + LIMIT])


@part
def chance_of(memory: Any, cell: Any) -> Any:
    """A cell's estimate, in 65536ths."""
    return int(memory[2 * cell]) >> TO_CHANCE


@part
def learn_cell(memory: Any, cell: Any, bit: Any) -> None:
    """Move a cell's estimate towards the decision seen."""
    seen = int(memory[2 * cell + 1])
    estimate = int(memory[2 * cell])
    memory[2 * cell] = estimate + (((bit * ((1 << PRECISION) - 1) - estimate) * int(RATES[seen])) >> 16)
    memory[2 * cell + 1] = seen + (1 if seen < SEEN_LIMIT else 0)


@part
def _mix(memory: Any, decision: Any, weights: Any, inputs: Any) -> Any:
    """Weighted sum of all inputs, stretched."""
    total = 0
    for index in range(inputs):
        total += decision[SIGNALS + index] * int(memory[weights + decision[PLACES + index]])
    return total >> 16


@part
def _correct(memory: Any, decision: Any, weights: Any, inputs: Any, step: Any) -> None:
    """Move the weights of one set. step: error in 65536ths, times the learning rate."""
    for index in range(inputs):
        place = weights + decision[PLACES + index]
        weight = int(memory[place]) + ((decision[SIGNALS + index] * step + (1 << (RATE_SHIFT - 1))) >> RATE_SHIFT)
        memory[place] = min(max(weight, -HEAVIEST), HEAVIEST)


@part
def slow_down(decision: Any) -> None:
    """Compute the learning rate anew."""
    decision[RATE] = LAST_RATE + MORE_RATE * HALF_TIME // (decision[COUNT] + HALF_TIME)


@kernel
def code_mixed(
    coder: Any, buffer: Any, memory: Any, decision: Any, first: Any, second: Any, counted: Any, inputs: Any, bit: Any
) -> Any:
    """Code one decision and learn from it. first, second: where the sets of weights begin (second 0: only the first).

    The first `counted` of the `inputs` are cells, named in `decision`; the signals of the others stand there already.
    """
    for index in range(counted):
        cell = decision[index]
        decision[SIGNALS + index] = int(STRETCH[chance_of(memory, cell)])
        decision[PLACES + index] = index * TRUSTS + int(TRUST[memory[2 * cell + 1]])
    for index in range(counted, inputs):
        decision[PLACES + index] = index * TRUSTS
    total = _mix(memory, decision, first, inputs)
    other = _mix(memory, decision, second, inputs) if second else total
    chance = min(max(squash((total + other) >> 1), LEAST), CERTAIN - LEAST)
    bit = code_bit(coder, buffer, chance, bit)
    target = bit << 16
    rate = decision[RATE]
    _correct(memory, decision, first, inputs, (target - squash(total)) * (2 * rate if second else rate))
    if second:
        _correct(memory, decision, second, inputs, (target - squash(other)) * (rate >> 1))
    decision[COUNT] += 1
    for index in range(counted):
        learn_cell(memory, decision[index], bit)
    return bit


@part
def code_cell(coder: Any, buffer: Any, memory: Any, cell: Any, bit: Any) -> Any:
    """Code one decision by one cell's estimate alone, and learn from it."""
    chance = min(max(chance_of(memory, cell), LEAST), CERTAIN - LEAST)
    bit = code_bit(coder, buffer, chance, bit)
    learn_cell(memory, cell, bit)
    return bit
