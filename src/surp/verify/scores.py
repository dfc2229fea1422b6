"""Decoded weights against their row: accuracy and negative log-likelihood, measured again on the test split."""

from __future__ import annotations

import math
from collections.abc import Iterator

from surp.evaluate.evaluator import Evaluator
from surp.machine import versions
from surp.records.row import Row
from surp.tensors.state import State
from surp.verify.tolerance import computed_by

_ABSOLUTE, _RELATIVE = {"accuracy": 0.0005, "nll": 0.0}, {"accuracy": 0.0, "nll": 1e-4}
"""Allowed differences of one set of weights that is evaluated on different machines."""


def score_differences(row: Row, state: State, evaluator: Evaluator) -> Iterator[str]:
    """What measured numbers contradict: exactly on the kind of machine that wrote the row, else by tolerance."""
    exact = computed_by(row, evaluator.machine, versions())
    for key, value in zip(("accuracy", "nll"), evaluator.measure(state, "the decoded weights"), strict=True):
        stated = getattr(row, key)
        absolute, relative = (0.0, 0.0) if exact else (_ABSOLUTE[key], _RELATIVE[key])
        if stated is None or not math.isclose(value, stated, rel_tol=relative, abs_tol=absolute):
            allowed = "" if exact else f" (allowed: {(absolute, relative)})"
            yield f"{key} is {value}, in the table {stated}{allowed}"
