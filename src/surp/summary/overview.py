"""The table of a suite at a glance: mean and spread over seeds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from surp.records.columns import SETTING
from surp.records.row import Row
from surp.summary.means import grouped, numbers, varying


def overview(rows: Sequence[Row]) -> list[dict[str, str]]:
    """One row per setting: number of seeds, mean bytes and ratio, mean and standard deviation of the accuracy.

    Axes that have one value only are left out.
    """
    shown = varying(rows, SETTING)
    return [
        {axis: getattr(members[0], axis) for axis in shown} | _measures(members)
        for members in grouped(rows, SETTING).values()
    ]


def _measures(rows: Sequence[Row]) -> dict[str, str]:
    accuracies = numbers(rows, "accuracy")
    spread = f" ± {100 * statistics.stdev(accuracies):.2f}" if len(rows) > 1 else ""
    return {
        "seeds": str(len(rows)),
        "bytes": _mean(rows, "bytes", ",.0f"),
        "ratio": _mean(rows, "ratio", ".0f"),
        "bits/weight": _mean(rows, "bits_per_weight", ".3f"),
        "accuracy %": f"{100 * statistics.fmean(accuracies):.2f}{spread}",
        "dense %": _mean(rows, "dense_accuracy", ".2f", 100),
    }


def _mean(rows: Sequence[Row], column: str, shown: str, unit: float = 1) -> str:
    """Empty where a row has no number in this column."""
    values = numbers(rows, column)
    return format(unit * statistics.fmean(values), shown) if values else ""
