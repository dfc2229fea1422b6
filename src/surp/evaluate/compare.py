"""Methods held against each other over the same seeds: means, paired differences, ties and wins.

A cell is a data set, a model and a sparsity aimed at. All intervals are 95 % t intervals over seeds (Student 1908); a
difference is that of two methods on the same seed, so what the seeds share (dense network, held-out images) cancels.
In a cell only methods with every seed are compared; `Cell.missing` names the others.

Two biases, to be said wherever these numbers are shown: the best baseline of a cell is chosen by its mean on the test
set, which is a little hard on SuRP; and intervals are of one comparison each, not corrected for their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from surp.errors import SurpError
from surp.evaluate.names import OURS as OURS
from surp.evaluate.names import TWINS as TWINS
from surp.evaluate.names import is_ours
from surp.evaluate.names import twin as twin

Verdict = Literal["wins", "ties", "loses", "unjudged"]
_NEEDED = ("dataset", "model", "seed", "method", "quantizer", "coder", "target_sparsity", "accuracy")


class Estimate(NamedTuple):
    """Mean of n values, and half of its 95 % t interval: NaN for n = 1, which has none."""

    mean: float
    half: float
    n: int

    @property
    def low(self) -> float:
        return self.mean - self.half

    @property
    def high(self) -> float:
        return self.mean + self.half


@dataclass(frozen=True)
class Cell:
    """values: per method those of `seeds`, in that order. missing: methods that lack seeds, and which."""

    dataset: str
    model: str
    sparsity: float
    seeds: tuple[int, ...]
    values: dict[str, tuple[float, ...]]
    missing: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """SuRP against `rival` in a cell. difference: SuRP minus rival, paired."""

    cell: Cell
    rival: str
    difference: Estimate
    verdict: Verdict


def estimate(values: Iterable[float]) -> Estimate:
    """Mean and half interval, t(0.975, n - 1) s / sqrt(n)."""
    x = np.array(tuple(values), dtype=np.float64)
    if x.size < 2:
        return Estimate(float(x.mean()) if x.size else float("nan"), float("nan"), x.size)
    half = student.ppf(0.975, x.size - 1) * x.std(ddof=1) / np.sqrt(x.size)
    return Estimate(float(x.mean()), float(half), x.size)


def difference(cell: Cell, left: str, right: str) -> Estimate:
    """left - right over the seeds of the cell, paired."""
    return estimate(a - b for a, b in zip(cell.values[left], cell.values[right], strict=True))


def main_rows(table: pd.DataFrame, quantizer: str = "", coder: str = "") -> pd.DataFrame:
    """The rows of one quantizer and one coder, with the columns `entry` (method) and `level` (sparsity aimed at).

    Without names: the pair with the most rows, of several the first in the table. Raises `SurpError` naming missing
    columns, or a pair that has no row.
    """
    if missing := [column for column in _NEEDED if column not in table.columns]:
        raise SurpError(f"{table.attrs.get('path', 'summary.csv')}: missing column(s) {', '.join(missing)}")
    pairs = table.groupby(["quantizer", "coder"], sort=False).size()
    for position, name in enumerate((quantizer, coder)):
        pairs = pairs[[not name or pair[position] == name for pair in pairs.index]]
    if pairs.empty:
        where = table.attrs.get("path", "summary.csv")
        raise SurpError(f"{where}: no row of quantizer {quantizer or 'any'!r} and coder {coder or 'any'!r}")
    chosen = pairs.idxmax()
    rows = table[(table["quantizer"] == chosen[0]) & (table["coder"] == chosen[1])].copy()
    rows["entry"] = _entries(rows)
    aimed = pd.to_numeric(rows["target_sparsity"], errors="coerce")
    rows["level"] = (aimed.fillna(rows["sparsity"]) if "sparsity" in rows else aimed).astype(float).round(4)
    return rows.dropna(subset=["level"])


def _entries(rows: pd.DataFrame) -> list[str]:
    """The method; with its mode if that is no usual one, and its schedule if it has several in the table."""
    modes = rows["mode"].fillna("") if "mode" in rows else pd.Series("", index=rows.index)
    names = [
        f"{m}_{mode}" if mode not in ("", "reference") else m for m, mode in zip(rows["method"], modes, strict=True)
    ]
    if "schedule" not in rows:
        return names
    several = rows.groupby(pd.Series(names, index=rows.index))["schedule"].nunique()
    return [f"{n} ({s})" if several[n] > 1 else n for n, s in zip(names, rows["schedule"], strict=True)]


def cells(rows: pd.DataFrame, column: str = "accuracy") -> list[Cell]:
    """All cells of `main_rows`. Every method is asked for all seeds of its data set and model."""
    return [
        _cell(str(dataset), str(model), float(level), tuple(sorted(map(int, part["seed"].unique()))), group, column)
        for (dataset, model), part in rows.groupby(["dataset", "model"], sort=True)
        for level, group in part.groupby("level", sort=True)
    ]


def _cell(dataset: str, model: str, level: float, seeds: tuple[int, ...], group: pd.DataFrame, column: str) -> Cell:
    values, missing = {}, {}
    for entry, own in group.groupby("entry", sort=True):
        found = own.dropna(subset=[column]).groupby("seed")[column].mean()
        if lacking := tuple(seed for seed in seeds if seed not in found.index):
            missing[str(entry)] = lacking
        else:
            values[str(entry)] = tuple(float(found[seed]) for seed in seeds)
    return Cell(dataset, model, level, seeds, values, missing)


def best(cell: Cell, entries: Iterable[str] | None = None) -> str | None:
    """The method with the highest mean, of several the first by name; None if there is none."""
    names = sorted(cell.values if entries is None else set(entries) & set(cell.values))
    return max(names, key=lambda name: float(np.mean(cell.values[name])), default=None)


def tied(cell: Cell) -> tuple[str, ...]:
    """Methods whose paired difference to the best has a 95 % interval with 0 in it; the best is not among them.

    With one seed nothing can be told apart, and nothing is called a tie.
    """
    first = best(cell)
    if first is None or len(cell.seeds) < 2:
        return ()
    return tuple(n for n in cell.values if n != first and verdict(difference(cell, n, first)) == "ties")


def verdict(gap: Estimate) -> Verdict:
    """What a paired difference says: above 0, below 0, or neither; of one seed nothing."""
    if gap.n < 2:
        return "unjudged"
    return "wins" if gap.low > 0 else "loses" if gap.high < 0 else "ties"


def baselines(cell: Cell) -> tuple[str, ...]:
    """Everything in the cell that is not SuRP in some form."""
    return tuple(name for name in cell.values if not is_ours(name))


def against_best(all_cells: Sequence[Cell]) -> list[Judgement]:
    """SuRP against each cell's best baseline, in cells that have both."""
    return list(_judged((cell, best(cell, baselines(cell))) for cell in all_cells))


def against(all_cells: Sequence[Cell], rival: str | None) -> list[Judgement]:
    """SuRP against one method, in cells that have both."""
    return list(_judged((cell, rival) for cell in all_cells))


def _judged(pairs: Iterable[tuple[Cell, str | None]]) -> Iterator[Judgement]:
    for cell, rival in pairs:
        if rival in cell.values and OURS in cell.values and rival is not None:
            gap = difference(cell, OURS, rival)
            yield Judgement(cell, rival, gap, verdict(gap))


def counts(judgements: Iterable[Judgement]) -> dict[Verdict, int]:
    """How many cells SuRP wins, ties, loses, and in how many one seed allows no judgement."""
    result: dict[Verdict, int] = {"wins": 0, "ties": 0, "loses": 0, "unjudged": 0}
    for judgement in judgements:
        result[judgement.verdict] += 1
    return result
