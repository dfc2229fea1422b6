"""The paper's own accuracies, as a user copied them into `paper.csv` in this folder: none yet, only its header."""

from __future__ import annotations

import csv
from importlib.resources import files

from surp.names import percent


def read_paper() -> dict[tuple[str, str, str], str]:
    """`sparsity: accuracy` of each (data set, model, method), accuracies in per cent as they are written."""
    text = (files(__package__) / "paper.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        key = (row["dataset"], row["model"], row["method"])
        found.setdefault(key, []).append(f"{percent(float(row['target_sparsity']))}: {row['accuracy_percent']}")
    return {key: "; ".join(values) for key, values in found.items()}
