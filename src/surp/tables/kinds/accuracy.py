"""Test accuracy by method and sparsity: mean and half 95 % interval over seeds, the best bold, its ties marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from surp.evaluate import compare
from surp.evaluate.compare import Cell as Compared
from surp.evaluate.compare import Estimate, best, estimate, tied
from surp.evaluate.names import percent, title
from surp.tables import Cell, Data, Mark, Table, words
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


def build(data: Data) -> list[Table]:
    """One table for each data set and model: the dense network first, then SuRP, its twin and the others."""
    rows = compare.main_rows(data.summary, data.quantizer, data.coder)
    cells, paper = compare.cells(rows), read_paper()
    result = []
    for (dataset, model), part in rows.groupby(["dataset", "model"], sort=True):
        own = [cell for cell in cells if (cell.dataset, cell.model) == (dataset, model)]
        result.append(_table(str(dataset), str(model), part, own, paper))
    return result


def _table(dataset: str, model: str, rows: pd.DataFrame, cells: Sequence[Compared], paper: Paper) -> Table:
    names = order(str(name) for name in rows["entry"].unique())
    dense = estimate(rows.groupby("seed")["dense_accuracy"].mean())
    lines = [(words("dense"), *(_shown(dense) for _ in cells), words(dense.n), words(""), words(""))]
    for name in names:
        own = rows[rows["entry"] == name]
        found = [_accuracy(cell, name, own) for cell in cells]
        published = words(paper.get((dataset, model, name), ""))
        lines.append((words(title(name)), *found, words(own["seed"].nunique()), _seconds(own), published))
    columns = ("method", *(percent(cell.sparsity) for cell in cells), "n", "training seconds", PAPER)
    where = {"dataset": dataset, "model": model}
    lacking = [
        f"Not compared at {percent(cell.sparsity)}: {title(name)}, which lacks seeds {', '.join(map(str, seeds))}."
        for cell in cells
        for name, seeds in cell.missing.items()
    ]
    seeds = ", ".join(map(str, cells[0].seeds)) if cells else ""
    heading = f"{title(model)} on {title(dataset)}, {_pair(rows)}, seeds {seeds}"
    return Table(heading, columns, tuple(lines), (*_NOTES, *lacking), where)


def order(names: object) -> list[str]:
    """SuRP, its twin, then the others by name."""
    there = sorted(set(names))  # type: ignore[call-overload]
    first = [name for name in (compare.OURS, compare.twin(there)) if name in there]
    return [*first, *(name for name in there if name not in first)]


def _pair(rows: pd.DataFrame) -> str:
    return f"{title(str(rows['quantizer'].iloc[0]))} quantizer, coder {title(str(rows['coder'].iloc[0]))}"


def _accuracy(cell: Compared, name: str, rows: pd.DataFrame) -> Cell:
    """What is there of a method in a cell, marked if it was compared."""
    mark: Mark = "best" if name == best(cell) else "tie" if name in tied(cell) else ""
    if name in cell.values:
        return _shown(estimate(cell.values[name]), mark)
    found = rows[np.isclose(rows["level"], cell.sparsity)].groupby("seed")["accuracy"].mean()
    return _shown(estimate(found), "", f" (n = {len(found)})") if len(found) else Cell("")


def _shown(found: Estimate, mark: Mark = "", more: str = "") -> Cell:
    spread = f" ± {100 * found.half:.2f}" if found.half == found.half else ""
    return Cell(f"{100 * found.mean:.2f}{spread}{more}", 100 * found.mean, 100 * found.half, mark)


def _seconds(rows: pd.DataFrame) -> Cell:
    """Mean over seeds of the training time that the highest sparsity took."""
    if "seconds_train" not in rows:
        return Cell("")
    seconds = float(rows[rows["level"] == rows["level"].max()].groupby("seed")["seconds_train"].mean().mean())
    return Cell(f"{seconds:.0f}", seconds) if seconds == seconds else Cell("")
