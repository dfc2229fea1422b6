"""The reference schedule of SuRP in O(log n) a step and O(n) a refresh, draw for draw equal to the plain rule.

Weights above the threshold are the candidates, an order-statistics set. Of those below it, the ones hit before wait in
a heap, largest residual first; the others still have the magnitudes they began with and wait in sorted order. Only
those down to a floor a little below the threshold are sorted; when the threshold reaches the floor, the next ones are.
The threshold only falls between two refreshes, and a refresh comes when there is no candidate, so each step and each
refresh moves few weights. A refresh costs the mean of the residuals.

Memory a weight, in bytes: vector 8, residual 8, value 8, hit 1, set 0.14; for each survivor 4 in the heap and 4 in
the order.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from surp.errors import TargetError
from surp.kernels import announce
from surp.prune.interface import Target
from surp.prune.surp.budget import DONE, LEFT, account, afford, budget, check_reachable
from surp.prune.surp.candidates import Tree, Words, empty, flip, kth
from surp.prune.surp.draws import Draws
from surp.prune.surp.heap import pop, push
from surp.tensors.layout import Vector

_LEFT, _WAITING, _CANDIDATES, _HITS = range(4)
_THRESHOLD, _FLOOR = range(2)
_SLACK = 0.8
"""Floor over threshold when the next weights are sorted. Near 1 sorts few weights often, near 0 many in vain."""


class ThresholdSchedule(NamedTuple):
    """Thresholds: tau = alpha * mean(r); at every `decay_every`-th refresh alpha is multiplied by `alpha_decay`."""

    alpha: float
    alpha_decay: float
    decay_every: int


class ScheduleRun(NamedTuple):
    """value: what has been described of each magnitude, shape (n,). hit: shape (n,). steps: indices, in order."""

    value: Vector
    hit: NDArray[np.bool_]
    steps: NDArray[np.int32]


class _Tables(NamedTuple):
    residual: Vector
    value: Vector
    hit: NDArray[np.bool_]
    order: NDArray[np.int32]  # never hit, ascending residual above the floor; the first cursor[_LEFT] still wait
    heap: NDArray[np.int32]  # hit and below the threshold; the first cursor[_WAITING]
    words: Words
    tree: Tree
    cursor: NDArray[np.int64]
    bounds: Vector  # threshold and floor: all never hit above the floor are candidates or wait in `order`
    limits: Vector  # what bits and residual allow, see `surp.prune.surp.budget`


def run_schedule(
    residual: Vector, n: int, wanted: int | Target, schedule: ThresholdSchedule, draws: Draws
) -> ScheduleRun:
    """Step until `wanted` distinct weights have been hit, or until the rate or distortion `wanted` is reached: to the
    last step whose bits stay within the rate, or to the first that leaves no more than the distortion.

    `residual`: magnitudes, shape (m,), is used up. n >= m: the number that sets the pace tau *= (n - 1) / n, which also
    counts weights left out of `residual` because they are 0. At least `wanted` magnitudes are positive and their sum
    is finite. Raises `TargetError` for a rate or distortion out of the schedule's reach.

    It ends. A step takes tau < r, so no residual becomes 0 and the sum of the residuals falls by tau. From one
    refresh on, the taus add up to n alpha mean(r) at most. With alpha n / m <= 1 that is less than what is left, so
    candidates remain and no refresh comes: hence at most `_most_refreshes`. Between two refreshes, tau falls below
    any positive double within 1454 n steps, and then each step hits a given candidate with probability 1 / n at
    least: after n (ln n + 40) more steps one is left out with probability below e^-40. Beyond that the draws are not
    uniform, which is a `TargetError`.
    """
    announce(_step, _join)
    target = wanted if isinstance(wanted, Target) else None
    count = residual.size + 1 if isinstance(wanted, Target) else wanted
    total = float(residual.sum())
    tables, steps = _tables(residual, count, budget(target, n, total)), []
    alpha, refreshes, since = schedule.alpha, 0, 0
    if count:
        tables = _settle(tables, alpha * (total / residual.size))
    while tables.cursor[_HITS] < count and not tables.limits[DONE]:
        if target:
            check_reachable(tables.limits, tables.bounds[_THRESHOLD], n, target, total)
        if tables.cursor[_CANDIDATES] == 0:
            refreshes, since = refreshes + 1, 0
            if refreshes % schedule.decay_every == 0:
                alpha *= schedule.alpha_decay
            left = float(residual.sum())
            tables.limits[LEFT] = left  # so that the rounding of subtractions does not add up
            tables = _settle(tables, alpha * (left / residual.size))
        else:
            drawn = _step(tables, draws.rest(), n, count)
            draws.use(drawn.size)
            steps.append(drawn)
            since += drawn.size
            tables = _settle(tables, tables.bounds[_THRESHOLD])
        if refreshes > _most_refreshes(schedule, n) or since > n * (1500 + math.log(n) + 40):
            raise TargetError(f"SuRP hit {tables.cursor[_HITS]} of {count} weights and gets no further")
    draws.close()
    return ScheduleRun(tables.value, tables.hit, np.concatenate(steps) if steps else np.zeros(0, dtype=np.int32))


def _most_refreshes(schedule: ThresholdSchedule, n: int) -> int:
    """Refreshes until alpha * n < 1 / 2; the half is for what rounding does to a mean."""
    decays = math.log(max(1.0, schedule.alpha) * n * 2) / -math.log(schedule.alpha_decay)
    return schedule.decay_every * (math.ceil(decays) + 2)


def _tables(residual: Vector, count: int, limits: Vector) -> _Tables:
    words, tree = empty(residual.size)
    return _Tables(
        residual=residual,
        value=np.zeros(residual.size),
        hit=np.zeros(residual.size, dtype=np.bool_),
        order=np.zeros(0, dtype=np.int32),
        heap=np.empty(min(count, residual.size), dtype=np.int32),
        words=words,
        tree=tree,
        cursor=np.zeros(4, dtype=np.int64),
        bounds=np.array([np.inf, np.inf]),
        limits=limits,
    )


def _settle(tables: _Tables, threshold: float) -> _Tables:
    """Set the threshold and make candidates of all that exceed it, sorting more weights if it lies below the floor."""
    tables.bounds[_THRESHOLD] = threshold
    _join(tables)
    if threshold < tables.bounds[_FLOOR]:
        residual, floor = tables.residual, _SLACK * threshold
        block = np.flatnonzero((residual > floor) & (residual <= tables.bounds[_FLOOR]) & ~tables.hit)
        tables = tables._replace(order=block[np.argsort(residual[block])].astype(np.int32))
        tables.cursor[_LEFT] = block.size
        tables.bounds[_FLOOR] = floor
        _join(tables)
    return tables


@numba.njit(cache=True, nogil=True)
def _step(t: _Tables, uniform: Vector, n: int, count: int) -> NDArray[np.int32]:
    """Steps until the draws, the candidates, the sorted weights, those to hit or the budget run out; returns the
    indices hit.

    It may end before candidates are made of all that exceed the threshold: `_settle` does that.
    """
    steps = np.empty(uniform.size, dtype=np.int32)
    tau, cursor, done, factor = t.bounds[_THRESHOLD], t.cursor, 0, (n - 1) / n
    while done < uniform.size and cursor[_CANDIDATES] > 0 and cursor[_HITS] < count:
        i = kth(t.words, t.tree, np.int64(uniform[done] * cursor[_CANDIDATES]))
        if not afford(t.limits, cursor[_CANDIDATES], n, not t.hit[i]):
            break
        steps[done] = i
        done += 1
        if not t.hit[i]:
            t.hit[i] = True
            cursor[_HITS] += 1
        t.value[i] += tau
        t.residual[i] -= tau
        account(t.limits, tau)
        tau *= factor
        if t.residual[i] <= tau:
            flip(t.words, t.tree, i, -1)
            cursor[_CANDIDATES] -= 1
            push(t.heap, t.residual, cursor[_WAITING], i)
            cursor[_WAITING] += 1
        t.bounds[_THRESHOLD] = tau
        if tau < t.bounds[_FLOOR] or t.limits[DONE]:
            break
        _join(t)
    return steps[:done].copy()


@numba.njit(cache=True, nogil=True)
def _join(t: _Tables) -> None:
    """Make candidates of all waiting weights whose residual exceeds the threshold."""
    tau, cursor = t.bounds[_THRESHOLD], t.cursor
    while cursor[_LEFT] > 0 and t.residual[t.order[cursor[_LEFT] - 1]] > tau:
        cursor[_LEFT] -= 1
        flip(t.words, t.tree, t.order[cursor[_LEFT]], 1)
        cursor[_CANDIDATES] += 1
    while cursor[_WAITING] > 0 and t.residual[t.heap[0]] > tau:
        flip(t.words, t.tree, pop(t.heap, t.residual, cursor[_WAITING]), 1)
        cursor[_WAITING] -= 1
        cursor[_CANDIDATES] += 1
