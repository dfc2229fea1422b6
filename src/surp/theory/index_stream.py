"""What SuRP costs when it is sent as the paper describes it: one index a step, in the order of the run.

Index i is sent as the waiting time for the first hit of C in a random order that both sides share. The order of the
hits is paid for and never used, which is why what `surp` ships codes states and not orders.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surp.errors import ParameterError
from surp.tensors.layout import Vector
from surp.theory.rate_distortion import binary_entropy

_POOL = 0.9
"""A replay holds residuals down to this part of the threshold in its heap, and refills when tau falls below."""


class Stream(NamedTuple):
    """A SuRP run as an index stream; each of shape (steps,), in order, after the step.

    candidates: |C| before the step. bits: all bits so far. distortion: mean residual. survivors: weights hit so far.
    """

    candidates: NDArray[np.int64]
    bits: NDArray[np.float64]
    distortion: NDArray[np.float64]
    survivors: NDArray[np.int64]


def geometric_bits(p: ArrayLike) -> NDArray[np.float64]:
    """h(p) / p, bits: the entropy of the waiting time for a first success of probability p, shape of `p`.

    The times k >= 1 have probability p (1-p)^(k-1); -log2 of it has the mean -log2 p - (1/p - 1) log2(1-p) = h(p)/p,
    which is about log2(1/p) + log2(e) for small p and 0 at p = 1.
    """
    x = np.asarray(p, dtype=np.float64)
    if not ((x > 0) & (x <= 1)).all():
        raise ParameterError(f"p: must lie in (0, 1] (got {p!r})")
    return binary_entropy(x) / x


def index_bits(candidates: ArrayLike, n: int) -> NDArray[np.float64]:
    """Ideal bits of each step's index: the first hit in a shared random order of n, |C| of which would do.

    log2(n / |C|) plus the geometric's overhead; signs come on top, one bit at the first hit of each weight.
    """
    return geometric_bits(np.asarray(candidates, dtype=np.float64) / n)


def replay(
    magnitudes: Vector,
    steps: ArrayLike,
    *,
    alpha: float = 10.0,
    alpha_decay: float = 0.9,
    decay_every: int = 20,
    iterative: bool = False,
) -> Stream:
    """What a SuRP run of the reference schedule would cost as an index stream, from the indices it drew.

    magnitudes: |u|, shape (n,); steps: the drawn indices in order, shape (steps,). The thresholds are known to both
    sides: tau = alpha mean(r) at each refresh, times (n-1)/n after each step. Raises `ParameterError` naming the step
    whose index was no candidate, which says that the run had other parameters.
    """
    run = _Replay(magnitudes, alpha, alpha_decay, decay_every, iterative)
    order = np.asarray(steps, dtype=np.int64)
    candidates = np.empty(order.size, dtype=np.int64)
    removed = np.empty(order.size)
    for k, index in enumerate(order.tolist()):
        candidates[k], removed[k] = run.step(k, index)
    first = np.zeros(order.size, dtype=np.int64)
    first[np.unique(order, return_index=True)[1]] = 1
    n = max(1, magnitudes.size)
    total = float(np.sum(magnitudes))
    bits = np.cumsum(index_bits(candidates, n) + first) if order.size else np.zeros(0)
    return Stream(candidates, bits, (total - np.cumsum(removed)) / n, np.cumsum(first))


class _Replay:
    """|C| along a run without the draw: a count, and a heap of the residuals that wait below the threshold.

    Invariant: `count` residuals exceed `tau`; the heap holds (negated) those in (floor, tau].
    """

    def __init__(self, magnitudes: Vector, alpha: float, alpha_decay: float, decay_every: int, iterative: bool) -> None:
        self.residual = np.array(magnitudes, dtype=np.float64)
        self.alpha, self.alpha_decay, self.decay_every = alpha, alpha_decay, decay_every
        self.iterative, self.refreshes = iterative, 0
        self.tau, self.floor, self.count = 0.0, 0.0, 0
        self.waiting: list[float] = []
        if self.residual.any():
            self._start()

    def step(self, k: int, index: int) -> tuple[int, float]:
        """Take weight `index`: |C| before, and tau."""
        if not (0 <= index < self.residual.size and self.residual[index] > 0):
            raise ParameterError(f"steps[{k}]: no weight {index} with anything left to describe")
        while self.count == 0:
            self.refreshes += 1
            if self.refreshes % self.decay_every == 0:
                self.alpha *= self.alpha_decay
            self._start()
        if not self.residual[index] > self.tau:
            raise ParameterError(f"steps[{k}]: weight {index} is no candidate at the threshold {self.tau}")
        before, tau = self.count, self.tau
        self.residual[index] -= tau
        self.count -= 1
        heapq.heappush(self.waiting, -float(self.residual[index]))
        self.tau = tau * ((self.residual.size - 1) / self.residual.size)
        if self.tau < self.floor:
            self._fill()
        while self.waiting and -self.waiting[0] > self.tau:
            heapq.heappop(self.waiting)
            self.count += 1
        return before, tau

    def _start(self) -> None:
        """A refresh: the threshold from the mean of the residuals, in later rounds of those that are not zero."""
        part = self.residual[self.residual > 0] if self.iterative else self.residual
        self.tau = self.alpha * float(part.mean())
        self._fill()

    def _fill(self) -> None:
        self.floor = _POOL * self.tau
        high = self.residual[self.residual > self.floor]
        self.count = int((high > self.tau).sum())
        self.waiting = (-high[high <= self.tau]).tolist()
        heapq.heapify(self.waiting)
