"""Which numbers may differ, and when: none on the same kind of machine; elsewhere what a training decides (`spread`).

Decoding is integer arithmetic and has no tolerance anywhere; only the network that is fed the decoded weights has.
"""

from __future__ import annotations

from surp.records.row import Row

NEVER_COMPARED = ("seconds_train", "seconds_quantize", "seconds_encode", "seconds_decode")
"""Times."""

OF_THE_MACHINE = (
    *("surp_sha256", "decoded_sha256", "machine", "versions"),
    *("restarts", "train_device", "train_machine"),
)
"""Equal only where all of a table comes from the same kind of machine and the same versions."""


def same_machine(one: Row, other: Row) -> bool:
    """Whether two rows come from the same kind of machine and the same versions, and say so; trained there, too."""
    trained = not (one.train_machine and other.train_machine) or one.train_machine == other.train_machine
    return trained and computed_by(one, other.machine, other.versions)


def computed_by(row: Row, machine: str, versions: str) -> bool:
    """Whether a row's numbers are those of such a machine and these versions, and say so."""
    return bool(row.machine and row.versions) and (row.machine, row.versions) == (machine, versions)
