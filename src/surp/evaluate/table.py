"""`summary.csv`: one row per evaluated file, with these columns in this order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from surp.errors import SurpError
from surp.files import read_json, write_bytes, write_json

COLUMNS = (
    *("suite", "dataset", "model", "seed", "method", "mode", "schedule", "round", "sparsity", "keep"),
    *("finetune_epochs", "importance", "quantizer", "coder", "preset", "bytes", "bits_per_weight", "ratio"),
    *("accuracy", "val_accuracy", "dense_accuracy", "nll", "distortion_l1", "laplacian_reference"),
    *("seconds_train", "seconds_encode", "seconds_decode"),
    # Beyond the design: what the figures and a reader ask next.
    *("target_sparsity", "val_accuracy_pruned", "val_accuracy_finetuned", "dense_bytes", "versions", "file"),
    *("target", "permuted", "train_epochs", "seconds_quantize"),
    # Of the model's trainings: how often one diverged and was begun anew, and where they were made.
    *("restarts", "train_device", "train_machine"),
    # What `surp verify` checks: contents of the file and of what it decodes to, and where the numbers come from.
    *("surp_sha256", "decoded_sha256", "machine"),
)
_AXES = ("dataset", "model", "method", "schedule", "round", "quantizer", "coder", "seed")
_PACKAGES = ("surp", "torch", "numpy", "numba")


def versions() -> str:
    """`surp 0.1.0 torch 2.14.1 ...`, read without importing any of them."""
    return " ".join(f"{name} {version(name)}" for name in _PACKAGES)


def read_rows(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Join the lists of rows in `paths`; raises `SurpError` naming the file that holds something else."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        content = read_json(path)
        if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
            raise SurpError(f"{path}: expected a list of rows, as `surp evaluate` writes them")
        rows += content
    return rows


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows sorted by their axes: `.csv` for reading, `.json` for joining again."""
    ordered = sorted(rows, key=lambda row: tuple(_key(row.get(axis)) for axis in _AXES))
    if path.suffix == ".json":
        write_json(path, ordered)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(ordered)
    write_bytes(path, text.getvalue().encode())


def _key(value: Any) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value or ""))
