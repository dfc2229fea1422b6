"""Means of a suite as nested keys, without times, so that two versions can be compared number by number."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from surp.evaluate.names import OURS, twin

_SOMETIMES = ("dataset", "model", "schedule", "coder")
_ALWAYS = ("method", "quantizer", "target")
_MEASURES = ("bytes", "bits_per_weight", "accuracy", "val_accuracy")


def means(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """`{method: {quantizer: {target: {measure: mean over seeds}}}}`, and `dense` beside the methods.

    Data set, model, schedule and coder are keys before the method only where the table has several of them. The
    other keys stand there always, so that a smaller experiment can be compared with the suite it was cut from.
    """
    keys = [key for key in _SOMETIMES if len({row[key] for row in rows}) > 1]
    result: dict[str, Any] = {}
    for group in _groups(rows, (*keys, *_ALWAYS)):
        place = _place(result, [group[0][key] for key in (*keys, *_ALWAYS)])
        place |= _measures(group, _MEASURES)
    for group in _groups(rows, tuple(keys)):
        place = _place(result, [*(group[0][key] for key in keys), "dense"])
        place |= _measures(group, ("dense_accuracy",))
    return result


def few(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """`{"dense_accuracy", method: {"bytes", "accuracy"}}`: means over all of a table's files; few enough for columns.

    Of the methods SuRP and its twin, if the table has them, else all. Networks are keys before where there are several.
    """
    methods = {row["method"] for row in rows}
    shown = {OURS, twin(methods)} & methods or methods
    keys = [key for key in ("dataset", "model") if len({row[key] for row in rows}) > 1]
    result: dict[str, Any] = {}
    for group in _groups(rows, tuple(keys)):
        place = _place(result, [group[0][key] for key in keys])
        place |= _measures(group, ("dense_accuracy",))
    for group in _groups([row for row in rows if row["method"] in shown], (*keys, "method")):
        place = _place(result, [group[0][key] for key in (*keys, "method")])
        place |= _measures(group, ("bytes", "accuracy"))
    return result


def _groups(rows: Sequence[Mapping[str, str]], keys: tuple[str, ...]) -> list[list[Mapping[str, str]]]:
    groups: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return list(groups.values())


def _place(tree: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    for key in keys:
        tree = tree.setdefault(key, {})
    return tree


def _measures(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> dict[str, float]:
    """Means of the columns that hold a number in every row."""
    found = {}
    for name in names:
        with suppress(ValueError):
            found[name] = statistics.fmean(float(row[name]) for row in rows)
    return found
