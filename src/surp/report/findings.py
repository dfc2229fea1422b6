"""What the numbers of a suite say, in sentences: nothing here is written by hand, everything is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from surp.comparison.cells import Judgement, Verdict, against, against_best, cells, counts, main_rows
from surp.comparison.matched import ALL_FILES, Smallest, dense_validation, smallest
from surp.names import OURS, percent, title, twin
from surp.tables import Measurements
from surp.tables.kinds.comparison import left_out, points, tally
from surp.tables.kinds.factors import FORMATS, factors
from surp.tables.kinds.matched_size import POINTS

_SPARSE = ("bitmap_float32", "csr_32", "csr_16", "huffman_csr")


@dataclass(frozen=True)
class Tally:
    """SuRP against `rival`: counts of cells."""

    rival: str
    counts: Mapping[Verdict, int]
    cells: int


@dataclass(frozen=True)
class Findings:
    """tallies: for the top of the page. shortfalls: where SuRP or its files are behind. sizes: what was gained."""

    tallies: tuple[Tally, ...]
    shortfalls: tuple[str, ...]
    sizes: tuple[str, ...]


def findings(found: Measurements) -> Findings:
    every = cells(main_rows(found.summary, found.quantizer, found.coder))
    name = twin(series for cell in every for series in cell.values)
    first = against_best(every)
    rivals = {"the best baseline": first}
    if name:
        rivals[f"its twin, {title(name)}"] = against(every, name)
    tallies = tuple(Tally(rival, counts(judged), len(judged)) for rival, judged in rivals.items() if judged)
    spoken = list(rivals.items())[: 1 if all(judgement.rival == name for judgement in first) else None]
    said = [sentence for rival, judged in spoken if judged for sentence in shortfall(rival, judged)]
    if not tallies:
        said.append(f"No cell of this suite has both {title(OURS)} and another method with the same seeds.")
    behind, ahead = _sizes(found)
    return Findings(tallies, (*said, *behind, *left_out(every)), (*ahead, *_factors(found)))


def shortfall(rival: str, judgements: Sequence[Judgement]) -> list[str]:
    """The tally, the largest loss, and whether there is any win."""
    result = [tally(rival, judgements)]
    losses = sorted((j for j in judgements if j.verdict == "loses"), key=lambda j: j.difference.mean)
    wins = sorted((j for j in judgements if j.verdict == "wins"), key=lambda j: -j.difference.mean)
    if losses:
        result.append(f"The largest shortfall there: {_said(losses[0])}.")
    if wins:
        result.append(f"The largest lead: {_said(wins[0])}.")
    elif any(judgement.verdict != "unjudged" for judgement in judgements):
        result.append(f"In no cell is SuRP significantly ahead of {rival}.")
    return result


def _said(judgement: Judgement) -> str:
    cell = judgement.cell
    where = f"{title(cell.model)} on {title(cell.dataset)} at {percent(cell.sparsity)}"
    return f"{points(judgement.difference).text} points, {where}, against {title(judgement.rival)}"


def _sizes(found: Measurements) -> tuple[list[str], list[str]]:
    """(sentences on codings whose smallest file is below ours, sentences on the others)."""
    dense = dense_validation(found.layers)
    behind: list[str] = []
    ahead: list[str] = []
    for (dataset, model), rows in found.summary.groupby(["dataset", "model"]):
        for within in POINTS:
            ours, rivals = _ours_and_rivals(smallest(rows, dense, within))
            where = f"{title(model)} on {title(dataset)}, within {within} points of dense validation accuracy"
            behind += [f"{where}, {coding} has a file of {f:.3f} times ours." for coding, f in rivals.items() if f < 1]
            if more := [f"{coding} {f:.2f}" for coding, f in rivals.items() if f >= 1]:
                ahead.append(f"{where}, ours has {ours:,.0f} bytes; times that: {', '.join(more)}.")
    return behind, ahead


def _ours_and_rivals(found: Sequence[Smallest]) -> tuple[float, dict[str, float]]:
    """Bytes of our smallest files, and how many times that are those of the other codings that have files."""
    if not found or found[0].files.empty:
        return float("nan"), {}
    others = [one for one in found[1:] if one.coding != ALL_FILES and not one.files.empty]
    return found[0].bytes, {one.coding: one.bytes / found[0].bytes for one in others}


def _factors(found: Measurements) -> list[str]:
    """The range of the factors that the paper's 2.5 may stand for, over the sparsities of SuRP."""
    files = factors(found)
    result = []
    for (dataset, model), own in files[files["method"] == OURS].groupby(["dataset", "model"], sort=False):
        spans = [
            f"{_span(own[name])} times smaller than {text}"
            for name, text in FORMATS.items()
            if name in _SPARSE and own[name].notna().any()
        ]
        if spans:
            where = f"{title(model)} on {title(dataset)}"
            result.append(f"{where}, SuRP's files over its sparsities: {'; '.join(spans)}.")
    return result


def _span(values: pd.Series) -> str:
    low, high = f"{values.min():.1f}", f"{values.max():.1f}"
    return low if low == high else f"{low} to {high}"
