"""Test accuracy by method and sparsity: mean and half 95 % interval over seeds, the best bold, its ties marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from surp.comparison.cells import Cell, Estimate, best, cells, estimate, main_rows, tied
from surp.names import percent, ranked, title
from surp.tables import Entry, Mark, Measurements, Table, number, percents, words
from surp.tables.published import read_paper

PAPER = "paper (Isik et al.)"
_NOTES = (
    "Test accuracy in per cent, mean ± half of the 95 % t interval over seeds. Bold: the highest mean of a sparsity; "
    "≈: the paired difference to it over the same seeds has a 95 % interval with 0 in it. Intervals are of one "
    "comparison each.",
    "Training seconds: all training that a file of the highest sparsity needed, mean over seeds.",
    f"The column “{PAPER}” is empty: the paper's tables could not be had here and nothing is quoted from memory. "
    "To fill it, add rows (dataset, model, method, target_sparsity, accuracy_percent, source) to "
    "src/surp/tables/published/paper.csv and build the suite again.",
)
Paper = Mapping[tuple[str, str, str], str]


def build(found: Measurements) -> list[Table]:
    """One table for each data set and model: the dense network first, then SuRP, its twin and the others."""
    rows = main_rows(found.summary, found.quantizer, found.coder)
    compared, paper = cells(rows), read_paper()
    return [
        _table(str(dataset), str(model), part, [c for c in compared if c.place[:2] == (dataset, model)], paper)
        for (dataset, model), part in rows.groupby(["dataset", "model"])
    ]


def _table(dataset: str, model: str, rows: pd.DataFrame, compared: Sequence[Cell], paper: Paper) -> Table:
    dense = estimate(rows.groupby("seed")["dense_accuracy"].mean())
    lines = [(words("dense"), *(_shown(dense) for _ in compared), words(dense.n), words(""), words(""))]
    for name in ranked(rows["series"]):
        own = rows[rows["series"] == name]
        accuracies = [_accuracy(cell, name, own) for cell in compared]
        published = words(paper.get((dataset, model, name), ""))
        lines.append((words(title(name)), *accuracies, words(own["seed"].nunique()), _seconds(own), published))
    columns = ("method", *(percent(cell.sparsity) for cell in compared), "n", "training seconds", PAPER)
    lacking = [
        f"Not compared at {percent(cell.sparsity)}: {title(name)}, which lacks seeds {', '.join(map(str, seeds))}."
        for cell in compared
        for name, seeds in cell.missing.items()
    ]
    seeds = ", ".join(map(str, compared[0].seeds)) if compared else ""
    coded = f"{title(rows['quantizer'].iloc[0])} quantizer, coder {title(rows['coder'].iloc[0])}"
    heading = f"{title(model)} on {title(dataset)}, {coded}, seeds {seeds}"
    return Table(heading, columns, tuple(lines), (*_NOTES, *lacking), {"dataset": dataset, "model": model})


def _accuracy(cell: Cell, name: str, rows: pd.DataFrame) -> Entry:
    """What is there of a method in a cell, marked if it was compared."""
    if name in cell.values:
        mark: Mark = "best" if name == best(cell) else "tie" if name in tied(cell) else ""
        return _shown(estimate(cell.values[name]), mark)
    found = rows[np.isclose(rows["level"], cell.sparsity)].groupby("seed")["accuracy"].mean()
    return _shown(estimate(found), "", f" (n = {len(found)})") if len(found) else Entry("")


def _shown(found: Estimate, mark: Mark = "", more: str = "") -> Entry:
    return Entry(percents(found.mean, found.half) + more, 100 * found.mean, 100 * found.half, mark)


def _seconds(rows: pd.DataFrame) -> Entry:
    """Mean over seeds of the training time that the highest sparsity took."""
    highest = rows[rows["level"] == rows["level"].max()]
    return number(highest.groupby("seed")["seconds_train"].mean().mean(), ".0f")
