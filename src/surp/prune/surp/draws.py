"""Uniform draws in batches that leave the generator as one draw at a time would."""

from __future__ import annotations

import numpy as np

from surp.tensors.layout import Vector


class Draws:
    """The stream `rng.random()`, read ahead. `close` sets the generator back to just after the last draw used.

    Invariant: `_rest` holds what was drawn and not used; `_before` is the generator's state before the last batch.
    """

    def __init__(self, rng: np.random.Generator, batch: int) -> None:
        self._rng = rng
        self._batch = batch
        self._rest: Vector = np.zeros(0)
        self._before = rng.bit_generator.state

    def rest(self) -> Vector:
        """The next draws, at least one."""
        if self._rest.size == 0:
            self._before = self._rng.bit_generator.state
            self._rest = self._rng.random(self._batch)
        return self._rest

    def use(self, count: int) -> None:
        """The first `count` of `rest` have been used."""
        self._rest = self._rest[count:]

    def close(self) -> None:
        """Give the draws not used back to the generator."""
        if self._rest.size:
            self._rng.bit_generator.state = self._before
            self._rng.random(self._batch - self._rest.size)
            self._rest = self._rest[:0]
