"""Schedules of targets: one-shot from the dense model, or iterative, each round from the one before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from surp.parameters import Frozen

_Open = Annotated[float, Field(gt=0, lt=1)]
_DIGITS = 10
"""Decimals of a computed target; below the reach of any model, and enough to read 0.36 instead of 0.3599...97."""


class Schedule(Frozen):
    """The targets, in one of four ways.

    sparsities: a list, strictly increasing; or `reference`, the authors' list 0.2, 0.36, 0.488, ... 0.999. survivors
    with `until`: after round k, survivors^k of the weights remain, and the last target is `until` (0.8 is the
    protocol of LAMP, arXiv 2010.07611). rates: bits/weight, strictly decreasing. distortions: mean |u - v| over mean
    |u|, increasing; strictly in a one-shot schedule, while an iterative one measures each round's from its own
    weights, so that the same value again prunes further. `one_shot`: every target from the dense model; `iterative`:
    round k starts from the fine-tuned weights of round k - 1. Not every method can stop at a rate or a distortion.
    """

    kind: Literal["one_shot", "iterative"] = "one_shot"
    sparsities: tuple[_Open, ...] | Literal["reference"] | None = None
    survivors: _Open | None = None
    until: _Open | None = None
    rates: tuple[Annotated[float, Field(gt=0)], ...] | None = None
    distortions: tuple[_Open, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.sparsities, self.survivors, self.rates, self.distortions)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("needs exactly one of sparsities, survivors, rates, distortions")
        if (self.until is None) != (self.survivors is None):
            raise ValueError("survivors and until go together")
        if self.until is not None and self.survivors is not None and self.until < round(1 - self.survivors, _DIGITS):
            raise ValueError(f"until {self.until} lies below 1 - survivors, the sparsity of the first round")
        for name, order in (("sparsities", "increase"), ("rates", "decrease"), ("distortions", "increase")):
            values = getattr(self, name)
            if isinstance(values, tuple):
                self._check_order(name, values[::-1] if order == "decrease" else values, order)
        return self

    def _check_order(self, name: str, rising: Sequence[float], order: str) -> None:
        if not rising:
            raise ValueError(f"{name} needs at least one value")
        repeats = name == "distortions" and self.kind == "iterative"
        if any(a > b or (a == b and not repeats) for a, b in pairwise(rising)):
            raise ValueError(f"{name} must not decrease" if repeats else f"{name} must {order} strictly")

    @property
    def stop(self) -> Literal["sparsity", "rate", "distortion"]:
        """What the targets are."""
        if self.rates is not None:
            return "rate"
        return "sparsity" if self.distortions is None else "distortion"

    @property
    def targets(self) -> tuple[float, ...]:
        """Target of each round, in order."""
        if values := self.rates or self.distortions:
            return values
        if isinstance(self.sparsities, tuple):
            return self.sparsities
        if self.survivors is not None and self.until is not None:
            return _geometric(self.survivors, self.until)
        return _geometric(0.8, 0.999)


def _geometric(survivors: float, until: float) -> tuple[float, ...]:
    """1 - survivors^k for k = 1, 2, ... below `until`, then `until`."""
    targets: list[float] = []
    left = survivors
    while round(1 - left, _DIGITS) < until:
        targets.append(round(1 - left, _DIGITS))
        left *= survivors
    return (*targets, until)
