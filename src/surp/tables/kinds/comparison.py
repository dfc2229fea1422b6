"""SuRP against the best baseline of each cell and against its twin: paired differences, wins, ties and losses."""

from __future__ import annotations

from collections.abc import Sequence

from surp.comparison.cells import Cell, Estimate, Judgement, against, against_best, baselines, cells, counts, main_rows
from surp.names import OURS, percent, ranked, title, twin
from surp.tables import Entry, Measurements, Table, count, percents, words

_NOTES = (
    "Differences are SuRP's test accuracy less the other's on the same seed, in percentage points, mean ± half of the "
    "95 % t interval. SuRP wins where the interval lies above 0, loses where it lies below, and ties otherwise. "
    "Intervals are of one comparison each.",
    "The best baseline of a cell is the one with the highest mean on the test set itself. That favours the baselines a "
    "little: the maximum of several noisy means is too high on average.",
)
_COLUMNS = (
    *("data set", "model", "sparsity", "n", "best baseline", "SuRP - best baseline", "verdict"),
    *("SuRP - twin", "verdict on the twin"),
)


def build(found: Measurements) -> list[Table]:
    """One row for each cell that has SuRP and a baseline; then one for each baseline."""
    rows = main_rows(found.summary, found.quantizer, found.coder)
    every = cells(rows)
    name = twin(rows["series"])
    first, second = against_best(every), {j.cell.place: j for j in against(every, name)}
    lines = tuple(
        (*_where(j.cell), words(title(j.rival)), *_judged(j), *_judged(second.get(j.cell.place))) for j in first
    )
    said = [tally("the best baseline", first)]
    if name:
        said.append(tally(title(name), list(second.values())))
    heading = f"SuRP in each cell; its twin: {title(name) if name else 'not in this suite'}"
    in_cells = Table(heading, _COLUMNS, lines, (*_NOTES, *said, *left_out(every)))
    rivals = ranked(rival for cell in every for rival in baselines(cell))
    return [in_cells, *_each([(rival, judged) for rival in rivals if (judged := against(every, rival))])]


def _each(judged: Sequence[tuple[str, Sequence[Judgement]]]) -> list[Table]:
    """One row for each baseline: in how many cells SuRP wins, ties and loses against it."""
    lines = tuple(
        (words(title(rival)), *map(count, (len(judgements), *counts(judgements).values())))
        for rival, judgements in judged
    )
    return [Table("SuRP against each baseline", ("baseline", "cells", *counts([])), lines)] if lines else []


def tally(rival: str, judgements: Sequence[Judgement]) -> str:
    """`Against LAMP, SuRP wins 1, ties 2 and loses 4 of 7 cells.`"""
    found = counts(judgements)
    text = f"Against {rival}, SuRP wins {found['wins']}, ties {found['ties']} and loses {found['loses']}"
    rest = f"; {found['unjudged']} with one seed cannot be judged" if found["unjudged"] else ""
    return f"{text} of {len(judgements)} cells{rest}."


def _where(cell: Cell) -> tuple[Entry, ...]:
    sparsity = Entry(percent(cell.sparsity), cell.sparsity)
    return words(title(cell.dataset)), words(title(cell.model)), sparsity, count(len(cell.seeds))


def _judged(judgement: Judgement | None) -> tuple[Entry, Entry]:
    return (points(judgement.difference), words(judgement.verdict)) if judgement else (words(""), words(""))


def points(gap: Estimate) -> Entry:
    """A difference in percentage points."""
    return Entry(percents(gap.mean, gap.half, "+"), 100 * gap.mean, 100 * gap.half)


def left_out(every: Sequence[Cell]) -> list[str]:
    return [
        f"No comparison: SuRP lacks seeds {', '.join(map(str, cell.missing[OURS]))} on {title(cell.dataset)}, "
        f"{title(cell.model)}, {percent(cell.sparsity)}."
        for cell in every
        if OURS in cell.missing
    ]
