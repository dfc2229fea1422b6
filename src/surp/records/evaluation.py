"""The columns of the stage `evaluate`."""

from __future__ import annotations

from surp.records.section import Section


class EvaluateColumns(Section):
    """Accuracies are fractions; nll in nats; sparsity: zeros over all elements of the tensors that are pruned.

    versions, machine: what computed these numbers. file: the checkpoint that was measured.
    """

    accuracy: float
    nll: float | None = None
    sparsity: float | None = None
    val_accuracy: float | None = None
    dense_accuracy: float | None = None
    versions: str = ""
    machine: str = ""
    file: str = ""
