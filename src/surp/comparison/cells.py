"""Methods held against each other over the same seeds: means, paired differences, ties and wins.

A cell is a data set, a model and a sparsity aimed at. All intervals are 95 % t intervals over seeds (Student 1908); a
difference is that of two methods on the same seed, so what the seeds share (dense network, held-out images) cancels.
In a cell only methods with every seed are compared; `Cell.missing` names the others.

Two biases, to be said wherever these numbers are shown: the best baseline of a cell is chosen by its mean on the test
set, which is a little hard on SuRP; and intervals are of one comparison each, not corrected for their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from scipy.stats import t as student

from surp.errors import SurpError
from surp.names import OURS, is_ours
from surp.summary.frame import origin

Verdict = Literal["wins", "ties", "loses", "unjudged"]


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

    @property
    def verdict(self) -> Verdict:
        """What a paired difference says: above 0, below 0, or neither; of one seed nothing."""
        if self.n < 2:
            return "unjudged"
        return "wins" if self.low > 0 else "loses" if self.high < 0 else "ties"


@dataclass(frozen=True)
class Cell:
    """values: per method those of `seeds`, in that order. missing: methods that lack seeds, and which."""

    dataset: str
    model: str
    sparsity: float
    seeds: tuple[int, ...]
    values: dict[str, tuple[float, ...]]
    missing: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str, float]:
        """What tells cells apart."""
        return self.dataset, self.model, self.sparsity


@dataclass(frozen=True)
class Judgement:
    """SuRP against `rival` in a cell. difference: SuRP minus rival, paired."""

    cell: Cell
    rival: str
    difference: Estimate

    @property
    def verdict(self) -> Verdict:
        return self.difference.verdict


def estimate(values: Iterable[float]) -> Estimate:
    """Mean and half interval, t(0.975, n - 1) s / sqrt(n)."""
    x = np.array(tuple(values), dtype=np.float64)
    if x.size < 2:
        return Estimate(float(x.mean()) if x.size else float("nan"), float("nan"), x.size)
    half = student.ppf(0.975, x.size - 1) * x.std(ddof=1) / np.sqrt(x.size)
    return Estimate(float(x.mean()), float(half), x.size)


def difference(cell: Cell, left: str, right: str) -> Estimate:
    """left - right over the seeds of the cell, paired."""
    return estimate(np.subtract(cell.values[left], cell.values[right]))


def main_rows(table: pd.DataFrame, quantizer: str = "", coder: str = "") -> pd.DataFrame:
    """The rows of one quantizer and one coder; a series with several schedules becomes one for each.

    Without names: the pair with the most rows, of several the first in the table. Raises `SurpError` naming a pair that
    has no row.
    """
    pairs = table.groupby(["quantizer", "coder"], sort=False, as_index=False).size()
    for column, name in (("quantizer", quantizer), ("coder", coder)):
        pairs = pairs[pairs[column] == name] if name else pairs
    if pairs.empty:
        named = f"quantizer {quantizer or 'any'!r} and coder {coder or 'any'!r}"
        raise SurpError(f"{origin(table)}: no row of {named}")
    chosen = pairs.loc[pairs["size"].idxmax()]
    rows = table[(table["quantizer"] == chosen["quantizer"]) & (table["coder"] == chosen["coder"])]
    rows = rows.dropna(subset=["level"])
    several = rows.groupby("series")["schedule"].transform("nunique") > 1
    return rows.assign(series=rows["series"].mask(several, rows["series"] + " (" + rows["schedule"] + ")"))


def cells(rows: pd.DataFrame) -> list[Cell]:
    """All cells of `main_rows`. Every method is asked for all seeds of its data set and model."""
    return [
        _cell(str(dataset), str(model), float(level), sorted(map(int, part["seed"].unique())), group)
        for (dataset, model), part in rows.groupby(["dataset", "model"])
        for level, group in part.groupby("level")
    ]


def _cell(dataset: str, model: str, level: float, seeds: Sequence[int], group: pd.DataFrame) -> Cell:
    found = group.pivot_table(index="seed", columns="series", values="accuracy").reindex(seeds)
    values = {str(name): tuple(column.tolist()) for name, column in found.items() if column.notna().all()}
    missing = {str(name): tuple(found.index[column.isna()]) for name, column in found.items() if name not in values}
    return Cell(dataset, model, level, tuple(seeds), values, missing)


def best(cell: Cell, methods: Iterable[str] | None = None) -> str | None:
    """The method with the highest mean, of several the first by name; None if there is none."""
    names = sorted(cell.values if methods is None else set(methods) & set(cell.values))
    return max(names, key=lambda name: float(np.mean(cell.values[name])), default=None)


def tied(cell: Cell) -> tuple[str, ...]:
    """Methods whose paired difference to the best has a 95 % interval with 0 in it; the best is not among them.

    With one seed nothing can be told apart, and nothing is called a tie.
    """
    first = best(cell)
    if first is None:
        return ()
    return tuple(name for name in cell.values if name != first and difference(cell, name, first).verdict == "ties")


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
        if rival is not None and rival in cell.values and OURS in cell.values:
            yield Judgement(cell, rival, difference(cell, OURS, rival))


def counts(judgements: Iterable[Judgement]) -> dict[Verdict, int]:
    """How many cells SuRP wins, ties, loses, and in how many one seed allows no judgement."""
    return dict.fromkeys(get_args(Verdict), 0) | Counter(judgement.verdict for judgement in judgements)
