"""Schedules of target sparsities: one-shot from the dense model, or iterative, each round from the one before."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from surp.parameters import Frozen

_Open = Annotated[float, Field(gt=0, lt=1)]
_DIGITS = 10
"""Decimals of a computed target; below the reach of any model, and enough to read 0.36 instead of 0.3599...97."""


class Schedule(Frozen):
    """The targets, in one of three ways.

    sparsities: a list, strictly increasing; or `reference`, the authors' list 0.2, 0.36, 0.488, ... 0.999. survivors
    with `until`: after round k, survivors^k of the weights remain, and the last target is `until` (0.8 is the
    protocol of LAMP, arXiv 2010.07611). `one_shot`: every target from the dense model; `iterative`: round k starts
    from the fine-tuned weights of round k - 1.
    """

    kind: Literal["one_shot", "iterative"] = "one_shot"
    sparsities: tuple[_Open, ...] | Literal["reference"] | None = None
    survivors: _Open | None = None
    until: _Open | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.sparsities is None) == (self.survivors is None):
            raise ValueError("needs either sparsities or survivors")
        if (self.until is None) != (self.survivors is None):
            raise ValueError("survivors and until go together")
        if isinstance(self.sparsities, tuple):
            if not self.sparsities:
                raise ValueError("sparsities needs at least one value")
            if any(a >= b for a, b in zip(self.sparsities, self.sparsities[1:], strict=False)):
                raise ValueError("sparsities must increase strictly")
        return self

    @property
    def targets(self) -> tuple[float, ...]:
        """Sparsity of each round, strictly increasing."""
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
