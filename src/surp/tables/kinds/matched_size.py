"""Sizes at matched accuracy: the smallest file of each coder within 0.5 and 1 point of the dense network."""

from __future__ import annotations

import pandas as pd

from surp.comparison.matched import ALL_FILES, Smallest, dense_validation, smallest
from surp.names import title
from surp.tables import Entry, Measurements, Table, number, words

POINTS = (0.5, 1.0)
_COLUMNS = (
    *("smallest file of", "bytes", "over ours", "dense float32 / file", "sparsity %", "method", "quantizer"),
    *("validation accuracy %", "less than dense by", "test accuracy %", "dense test %", "n"),
)
_NOTES = (
    "Files are chosen by validation accuracy: the smallest that is at most so many points below the dense network's; "
    "test accuracy is then reported as it is. Every coder chooses among the same pruned networks, those that all of "
    f"them were given; the row “{ALL_FILES}” also among the others, and is no fair comparison with the rows above it.",
    "nncodec end to end: the MPEG reference software, with its own quantization of the pruned float32 weights.",
)


def build(found: Measurements) -> list[Table]:
    """A table for each data set, model and margin."""
    dense = dense_validation(found.layers)
    return [
        _table(str(dataset), str(model), smallest(rows, dense, points), points)
        for (dataset, model), rows in found.summary.groupby(["dataset", "model"])
        for points in POINTS
    ]


def _table(dataset: str, model: str, found: list[Smallest], points: float) -> Table:
    ours = found[0] if found and len(found[0].files) else None
    lines = tuple(_line(one, ours) for one in found)
    heading = f"{title(model)} on {title(dataset)}: within {points} points of dense validation accuracy"
    return Table(heading, _COLUMNS, lines, _NOTES, {"dataset": dataset, "model": model, "points": str(points)})


def _line(one: Smallest, ours: Smallest | None) -> tuple[Entry, ...]:
    files = one.files
    if files.empty:
        return (words(one.coding), words("none is as accurate"), *(words("") for _ in _COLUMNS[2:]))
    drop = (files["dense_val"] - files["val_accuracy"]).mean()
    return (
        words(one.coding),
        number(one.bytes, ",.0f"),
        number(one.bytes / ours.bytes, ".2f") if ours else words(""),
        number(_mean(files, "ratio"), ".1f"),
        number(100 * _mean(files, "sparsity"), ".4g"),
        words(_names(files["method"])),
        words(_names(files["quantizer"])),
        number(100 * _mean(files, "val_accuracy"), ".2f"),
        number(100 * drop, ".2f"),
        number(100 * _mean(files, "accuracy"), ".2f"),
        number(100 * _mean(files, "dense_accuracy"), ".2f"),
        number(len(files), "d"),
    )


def _mean(files: pd.DataFrame, column: str) -> float:
    return float(files[column].mean())


def _names(column: pd.Series) -> str:
    return ", ".join(title(name) for name in sorted(set(column)))
