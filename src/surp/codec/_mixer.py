"""Mixing of predictions in the logistic domain, in integers. Compiled; one function for both ways.

A decision has inputs: adaptive estimates, each of a context (a cell), and signals that the caller computes. With
s_i = stretch(p_i) the chance is squash(sum w_i s_i); after the decision each weight moves by rate * error * s_i. A
weight is chosen by input, by the decision's set and, for a cell, by how much that cell has seen: a fresh cell
whispers.

Source: M. Mahoney, Adaptive weighing of context models for lossless data compression, 2005 (PAQ).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.codec._jit import kernel
from surp.codec._logistic import LIMIT, SQUASH, STRETCH
from surp.codec._rangecoder import CERTAIN, LEAST, code_bit

P, SEEN = 0, 1
PRECISION = 22
SEEN_LIMIT = 1023
RATES = np.array([(2 * 65536 + n) // (2 * n + 3) for n in range(SEEN_LIMIT + 1)], dtype=np.int64)
"""An estimate that has seen n decisions moves by 1 / (n + 1.5), in 65536ths."""
TRUSTS = 4
TRUST = np.searchsorted((3, 12, 60), np.arange(SEEN_LIMIT + 1), side="right").astype(np.int64)
"""How much a cell has seen, in TRUSTS classes."""
INPUTS = 20
"""Most inputs of one decision."""
ONE = 1 << 16
"""The weight 1."""
HEAVIEST = ONE << 4
RATE_SHIFT = 24


class Mixer(NamedTuple):
    """What a mixing coder knows, and room for one decision.

    cells: int32 (contexts, 2), estimate in 2^-22ths and decisions seen. weights: int32 (sets * INPUTS * TRUSTS,).
    rates: int32 (sets,), learning rates. deep: 1 for the preset `max`. picks, trusts, signals: int64 (INPUTS,), of one
    decision: cells, their TRUST, stretched predictions.
    """

    cells: NDArray[np.int32]
    weights: NDArray[np.int32]
    rates: NDArray[np.int32]
    deep: int
    picks: NDArray[np.int64]
    trusts: NDArray[np.int64]
    signals: NDArray[np.int64]


@kernel
def _gather(mixer: Any, counted: Any) -> None:
    """Stretched estimates of the cells picked, and how far each is trusted."""
    for index in range(counted):
        cell = mixer.picks[index]
        mixer.signals[index] = STRETCH[mixer.cells[cell, P] >> (PRECISION - 16)]
        mixer.trusts[index] = TRUST[mixer.cells[cell, SEEN]]


@kernel
def _mix(mixer: Any, chosen: Any, counted: Any, inputs: Any) -> Any:
    """Weighted sum of all inputs, in 65536ths of a unit."""
    base = chosen * (INPUTS * TRUSTS)
    total = 0
    for index in range(counted):
        total += mixer.signals[index] * int(mixer.weights[base + index * TRUSTS + mixer.trusts[index]])
    for index in range(counted, inputs):
        total += mixer.signals[index] * int(mixer.weights[base + index * TRUSTS])
    return total >> 16


@kernel
def _move(mixer: Any, place: Any, step: Any) -> None:
    weight = int(mixer.weights[place]) + ((step + (1 << (RATE_SHIFT - 1))) >> RATE_SHIFT)
    mixer.weights[place] = min(max(weight, -HEAVIEST), HEAVIEST)


@kernel
def _correct(mixer: Any, chosen: Any, counted: Any, inputs: Any, error: Any) -> None:
    """Move the weights of one set."""
    step = error * int(mixer.rates[chosen])
    base = chosen * (INPUTS * TRUSTS)
    for index in range(counted):
        _move(mixer, base + index * TRUSTS + mixer.trusts[index], mixer.signals[index] * step)
    for index in range(counted, inputs):
        _move(mixer, base + index * TRUSTS, mixer.signals[index] * step)


@kernel
def learn_cell(cells: Any, cell: Any, bit: Any) -> None:
    """Move a cell's estimate towards the decision seen."""
    target = bit * ((1 << PRECISION) - 1)
    seen = cells[cell, SEEN]
    estimate = int(cells[cell, P])
    cells[cell, P] = estimate + (((target - estimate) * RATES[seen]) >> 16)
    if seen < SEEN_LIMIT:
        cells[cell, SEEN] = seen + 1


@kernel
def _squash(stretched: Any) -> Any:
    return int(SQUASH[min(max(stretched, -LIMIT), LIMIT) + LIMIT])


@kernel
def code_mixed(
    coder: Any, buffer: Any, mixer: Any, chosen: Any, second: Any, counted: Any, inputs: Any, bit: Any
) -> Any:
    """Code one decision and learn from it. chosen, second: sets of weights, whose sums are averaged (second < 0: only
    the first); the first `counted` of the `inputs` are cells, named in `picks`, the others stand in `signals`."""
    _gather(mixer, counted)
    total = _mix(mixer, chosen, counted, inputs)
    other = _mix(mixer, second, counted, inputs) if second >= 0 else total
    chance = min(max(_squash((total + other) >> 1), LEAST), CERTAIN - LEAST)
    bit = code_bit(coder, buffer, chance, bit)
    _correct(mixer, chosen, counted, inputs, (bit << 16) - _squash(total))
    if second >= 0:
        _correct(mixer, second, counted, inputs, (bit << 16) - _squash(other))
    for index in range(counted):
        learn_cell(mixer.cells, mixer.picks[index], bit)
    return bit
