"""Names of columns: those of `summary.csv` in their order, and those that tell rows apart."""

from __future__ import annotations

COLUMNS = (
    *("suite", "dataset", "model", "seed", "method", "mode", "schedule", "round", "sparsity", "keep"),
    *("finetune_epochs", "importance", "quantizer", "coder", "preset", "bytes", "bits_per_weight", "ratio"),
    *("accuracy", "val_accuracy", "dense_accuracy", "nll", "distortion_l1", "laplacian_reference"),
    *("seconds_train", "seconds_encode", "seconds_decode"),
    *("target_sparsity", "val_accuracy_pruned", "val_accuracy_finetuned", "dense_bytes", "versions", "file"),
    *("target", "permuted", "train_epochs", "seconds_quantize"),
    # Of the model's trainings: how often one diverged and was begun anew, and where they were made.
    *("restarts", "train_device", "train_machine"),
    # What `surp verify` checks: contents of the file and of what it decodes to, and where the numbers come from.
    *("surp_sha256", "decoded_sha256", "machine"),
)
"""Of `summary.csv`, in this order; records have a few more."""
AXES = ("dataset", "model", "seed", "method", "schedule", "round", "quantizer", "coder")
"""What tells the rows of a suite apart."""
SETTING = ("dataset", "model", "method", "schedule", "quantizer", "coder", "target")
"""What rows share that differ in their seed only."""
PRUNED_NETWORK = ("dataset", "model", "seed", "method", "schedule", "target")
"""What tells the pruned networks apart: the files of one differ in quantizer and coder."""
