"""The table of a suite at a glance: mean and spread over seeds."""

from __future__ import annotations

import csv
import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from surp.errors import SurpError

_GROUP = ("dataset", "model", "method", "schedule", "quantizer", "coder", "target")


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a `summary.csv`; raises `SurpError` if it is none."""
    try:
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError:
        raise SurpError(f"{path}: no such file") from None
    if missing := [key for key in (*_GROUP, "bytes", "accuracy") if rows and key not in rows[0]]:
        raise SurpError(f"{path}: lacks the columns {', '.join(missing)}")
    return rows


def overview(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """One row per setting: number of seeds, mean bytes and ratio, mean and standard deviation of the accuracy.

    Axes that have one value only are left out.
    """
    groups: dict[tuple[str, ...], list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in _GROUP)].append(row)
    shown = [i for i in range(len(_GROUP)) if len({key[i] for key in groups}) > 1]
    return [{_GROUP[i]: key[i] for i in shown} | _measures(members) for key, members in groups.items()]


def _measures(rows: list[Mapping[str, str]]) -> dict[str, str]:
    def mean(column: str) -> float:
        return statistics.fmean(float(row[column]) for row in rows)

    accuracies = [float(row["accuracy"]) for row in rows]
    spread = f" ± {100 * statistics.stdev(accuracies):.2f}" if len(rows) > 1 else ""
    return {
        "seeds": str(len(rows)),
        "bytes": f"{mean('bytes'):,.0f}",
        "ratio": f"{mean('ratio'):.0f}",
        "bits/weight": f"{mean('bits_per_weight'):.3f}",
        "accuracy %": f"{100 * mean('accuracy'):.2f}{spread}",
        "dense %": f"{100 * mean('dense_accuracy'):.2f}",
    }
