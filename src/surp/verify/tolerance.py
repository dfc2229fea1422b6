"""Which numbers may differ, and when: none on the same kind of machine; elsewhere what a training decides (`spread`).

Decoding is integer arithmetic and has no tolerance anywhere; only the network that is fed the decoded weights has.
"""

from __future__ import annotations

import math

from surp.verify import Row

NEVER_COMPARED = ("seconds_train", "seconds_quantize", "seconds_encode", "seconds_decode")
"""Times."""

OF_THE_MACHINE = (
    *("surp_sha256", "decoded_sha256", "machine", "versions"),
    *("restarts", "train_device", "train_machine"),
)
"""Equal only where all of a table comes from the same kind of machine and the same versions."""

REEVALUATED = {"accuracy": (0.0005, 0.0), "nll": (0.0, 1e-4)}
"""(absolute, relative) difference of one set of weights that is evaluated on different machines."""


def same_machine(one: Row, other: Row) -> bool:
    """Whether two rows come from the same kind of machine and the same versions, and say so; trained there, too."""
    trained = ["train_machine"] if one.get("train_machine") and other.get("train_machine") else []
    return all(one.get(key) and one.get(key) == other.get(key) for key in ("machine", "versions", *trained))


def is_number(text: str) -> bool:
    """Whether the text of a cell is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def within(one: str | float, other: str | float, tolerance: tuple[float, float]) -> bool:
    """Whether two numbers differ by no more than the absolute or the relative tolerance."""
    try:
        return abs(float(one) - float(other)) <= max(tolerance[0], tolerance[1] * abs(float(other)))
    except ValueError:
        return False
