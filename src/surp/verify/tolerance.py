"""How far a number may be from another one: not at all on the same kind of machine, else as far as stated here.

Other processors add in another order, and a training amplifies the last bit of a sum until its weights are those of
another seed. What that does was measured (`docs/reproduce.md`); the tolerances are about twice the largest difference
of a row. Decoding is integer arithmetic and has no tolerance; only the network that is fed the decoded weights has.
"""

from __future__ import annotations

from surp.verify import Row

NEVER_COMPARED = ("seconds_train", "seconds_quantize", "seconds_encode", "seconds_decode")
"""Times."""

OF_THE_MACHINE = (
    *("surp_sha256", "decoded_sha256", "machine", "versions"),
    *("restarts", "train_device", "train_machine"),
)
"""Equal only where all of a table comes from the same kind of machine and the same versions."""

RETRAINED = {
    "sparsity": (0.0012, 0.0),
    "bytes": (0.0, 0.02),
    "bits_per_weight": (0.0, 0.02),
    "ratio": (0.0, 0.02),
    "accuracy": (0.016, 0.0),
    "val_accuracy": (0.016, 0.0),
    "val_accuracy_pruned": (0.25, 0.0),
    "val_accuracy_finetuned": (0.016, 0.0),
    "dense_accuracy": (0.016, 0.0),
    "nll": (0.0, 0.12),
    "distortion_l1": (0.0, 0.08),
    "laplacian_reference": (0.0, 0.08),
}
"""Column: (absolute, relative) tolerance between two trainings on different machines. Other columns are settings."""

REEVALUATED = {"accuracy": (0.0005, 0.0), "nll": (0.0, 1e-4)}
"""The same for one set of weights, evaluated on different machines."""


def same_machine(one: Row, other: Row) -> bool:
    """Whether two rows come from the same kind of machine and the same versions, and say so; trained there, too."""
    trained = ["train_machine"] if one.get("train_machine") and other.get("train_machine") else []
    return all(one.get(key) and one.get(key) == other.get(key) for key in ("machine", "versions", *trained))


def difference(one: str | float, other: str | float) -> float | None:
    """|one - other|, or None if either is no number."""
    try:
        return abs(float(one) - float(other))
    except ValueError:
        return None


def within(one: str | float, other: str | float, tolerance: tuple[float, float]) -> bool:
    """Whether two numbers differ by no more than the absolute or the relative tolerance."""
    distance = difference(one, other)
    return distance is not None and distance <= max(tolerance[0], tolerance[1] * abs(float(other)))
