"""Means over the seeds of a suite: as nested keys, so that two versions can be compared, and as a table at a glance."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from surp.names import OURS, twin
from surp.records.columns import SETTING
from surp.records.row import Row

_MEASURES = ("bytes", "bits_per_weight", "accuracy", "val_accuracy")


def grouped(rows: Sequence[Row], axes: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """The rows by their values of `axes`, in the order of their first."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(row.place(tuple(axes)), []).append(row)
    return groups


def numbers(rows: Sequence[Row], column: str) -> list[float]:
    """The column of all rows; none if one of them has no number there."""
    values = [getattr(row, column) for row in rows]
    return [] if None in values else values


def varying(rows: Sequence[Row], axes: Sequence[str]) -> list[str]:
    """Those of `axes` that have several values."""
    return [axis for axis in axes if len(grouped(rows, [axis])) > 1]


def means(rows: Sequence[Row]) -> dict[str, Any]:
    """`{method: {quantizer: {target: {measure: mean over seeds}}}}`, and `dense` beside the methods; without times.

    Data set, model, schedule and coder are keys before the method only where the table has several of them. The
    other keys stand there always, so that a smaller experiment can be compared with the suite it was cut from.
    """
    keys = varying(rows, ("dataset", "model", "schedule", "coder"))
    result: dict[str, Any] = {}
    _reduce(result, rows, [*keys, "method", "quantizer", "target"], _MEASURES)
    _reduce(result, rows, keys, ["dense_accuracy"], "dense")
    return result


def few(rows: Sequence[Row]) -> dict[str, Any]:
    """`{"dense_accuracy", method: {"bytes", "accuracy"}}`: means over all of a table's files; few enough for columns.

    Of the methods SuRP and its twin, if the table has them, else all. Networks are keys before where there are several.
    """
    methods = {row.method for row in rows}
    shown = {OURS, twin(methods)} & methods or methods
    keys = varying(rows, ("dataset", "model"))
    result: dict[str, Any] = {}
    _reduce(result, rows, keys, ["dense_accuracy"])
    _reduce(result, [row for row in rows if row.method in shown], [*keys, "method"], ["bytes", "accuracy"])
    return result


def _reduce(
    tree: dict[str, Any], rows: Sequence[Row], axes: Sequence[str], measures: Sequence[str], *last: str
) -> None:
    """Put into the tree, at the values of `axes`, the means of those measures that have a number in every row."""
    for place, group in grouped(rows, axes).items():
        branch = tree
        for key in (*place, *last):
            branch = branch.setdefault(key, {})
        branch |= {name: statistics.fmean(found) for name in measures if (found := numbers(group, name))}


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
