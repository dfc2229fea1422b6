"""What the numbers of a suite say, in sentences: nothing here is written by hand, everything is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surp.evaluate.compare import OURS, Judgement, Verdict, against, against_best, cells, counts, main_rows, twin
from surp.evaluate.matched import ALL, Smallest, dense_validation, smallest
from surp.evaluate.names import percent, title
from surp.tables import Data
from surp.tables.kinds.comparison import left_out, points, tally
from surp.tables.kinds.factors import FORMATS, factors_of
from surp.tables.kinds.matched_size import POINTS


@dataclass(frozen=True)
class Score:
    """SuRP against `rival`: counts of cells."""

    rival: str
    counts: Mapping[Verdict, int]
    cells: int


@dataclass(frozen=True)
class Findings:
    """scores: for the top of the page. shortfalls: where SuRP or its files are behind. sizes: what was gained."""

    scores: tuple[Score, ...]
    shortfalls: tuple[str, ...]
    sizes: tuple[str, ...]


def findings(data: Data) -> Findings:
    every = cells(main_rows(data.summary, data.quantizer, data.coder))
    name = twin({entry for cell in every for entry in cell.values})
    rivals = {"the best baseline": against_best(every)}
    if name:
        rivals[f"its twin, {title(name)}"] = against(every, name)
    scores = tuple(Score(rival, counts(found), len(found)) for rival, found in rivals.items() if found)
    spoken = list(rivals.items())[: 1 if all(j.rival == name for j in rivals["the best baseline"]) else None]
    said = [sentence for rival, found in spoken if found for sentence in shortfall(rival, found)]
    if not scores:
        said.append(f"No cell of this suite has both {title(OURS)} and another method with the same seeds.")
    behind, ahead = _sizes(data)
    return Findings(scores, (*said, *behind, *left_out(every)), (*ahead, *_factor(data)))


def shortfall(rival: str, judgements: Sequence[Judgement]) -> list[str]:
    """The tally, the largest loss, and whether there is any win."""
    found = counts(judgements)
    result = [tally(rival, judgements)]
    losses = [j for j in judgements if j.verdict == "loses"]
    if losses:
        worst = min(losses, key=lambda j: j.difference.mean)
        result.append(f"The largest shortfall there: {_said(worst)}.")
    if not found["wins"] and found["unjudged"] < len(judgements):
        result.append(f"In no cell is SuRP significantly ahead of {rival}.")
    elif found["wins"]:
        first = max((j for j in judgements if j.verdict == "wins"), key=lambda j: j.difference.mean)
        result.append(f"The largest lead: {_said(first)}.")
    return result


def _said(judgement: Judgement) -> str:
    cell = judgement.cell
    where = f"{title(cell.model)} on {title(cell.dataset)} at {percent(cell.sparsity)}"
    return f"{points(judgement.difference).text} points, {where}, against {title(judgement.rival)}"


def _sizes(data: Data) -> tuple[list[str], list[str]]:
    """(sentences on coders whose smallest file is below ours, sentences on the others)."""
    dense = dense_validation(data.layers)
    behind: list[str] = []
    ahead: list[str] = []
    for (dataset, model), rows in data.summary.groupby(["dataset", "model"], sort=True):
        for within in POINTS:
            found = smallest(rows, dense, within)
            where = f"{title(str(model))} on {title(str(dataset))}, within {within} points of dense validation accuracy"
            factors = {one.way: one.bytes / found[0].bytes for one in _rivals(found)}
            behind += [f"{where}, {way} has a file of {f:.3f} times ours." for way, f in factors.items() if f < 1]
            if more := [f"{way} {f:.2f}" for way, f in factors.items() if f >= 1]:
                ahead.append(f"{where}, ours has {found[0].bytes:,.0f} bytes; times that: {', '.join(more)}.")
    return behind, ahead


def _rivals(found: Sequence[Smallest]) -> list[Smallest]:
    """Ways other than ours that have files, if ours has."""
    if not found or found[0].files.empty:
        return []
    return [one for one in found[1:] if one.way != ALL and not one.files.empty]


def _factor(data: Data) -> list[str]:
    """The range of the factors that the paper's 2.5 may stand for, over the sparsities of SuRP."""
    result = []
    for (dataset, model), factors in factors_of(data, OURS).items():
        spans = [
            f"{_span(values)} times smaller than {FORMATS[name]}"
            for name, values in factors.items()
            if values and name in ("bitmap_float32", "csr_32", "csr_16", "huffman_csr")
        ]
        if spans:
            where = f"{title(model)} on {title(dataset)}"
            result.append(f"{where}, SuRP's files over its sparsities: {'; '.join(spans)}.")
    return result


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.1f}", f"{max(values):.1f}"
    return low if low == high else f"{low} to {high}"
