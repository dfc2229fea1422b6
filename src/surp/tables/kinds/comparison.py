"""SuRP against the best baseline of each cell and against its twin: paired differences, wins, ties and losses."""

from __future__ import annotations

from collections.abc import Sequence

from surp.evaluate import compare
from surp.evaluate.compare import Estimate, Judgement, against, against_best, baselines, cells, counts, main_rows, twin
from surp.evaluate.names import percent, title
from surp.tables import Cell, Data, Table, words

_NOTES = (
    "Differences are SuRP's test accuracy less the other's on the same seed, in percentage points, mean ± half of the "
    "95 % t interval. SuRP wins where the interval lies above 0, loses where it lies below, and ties otherwise. "
    "Intervals are of one comparison each.",
    "The best baseline of a cell is the one with the highest mean on the test set itself. That favours the baselines a "
    "little: the maximum of several noisy means is too high on average.",
)


def build(data: Data) -> list[Table]:
    """One row for each cell that has SuRP and a baseline."""
    rows = main_rows(data.summary, data.quantizer, data.coder)
    every = cells(rows)
    name = twin(rows["entry"])
    first, second = against_best(every), {_key(j): j for j in against(every, name)}
    lines = tuple((*_cell(j), *_judged(second.get(_key(j)))) for j in first)
    columns = (
        *("data set", "model", "sparsity", "n", "best baseline", "SuRP - best baseline", "verdict"),
        *("SuRP - twin", "verdict on the twin"),
    )
    said = [tally("the best baseline", first)]
    if name:
        said.append(tally(title(name), list(second.values())))
    heading = f"SuRP in each cell; its twin: {title(name) if name else 'not in this suite'}"
    in_cells = Table(heading, columns, lines, (*_NOTES, *said, *left_out(every)))
    rivals = sorted({rival for cell in every for rival in baselines(cell)}, key=lambda rival: (rival != name, rival))
    return [in_cells, *_each([(rival, found) for rival in rivals if (found := against(every, rival))])]


def _each(judged: Sequence[tuple[str, Sequence[Judgement]]]) -> list[Table]:
    """One row for each baseline: in how many cells SuRP wins, ties and loses against it."""
    lines = tuple(
        (words(title(rival)), *(Cell(str(number), number) for number in (len(found), *counts(found).values())))
        for rival, found in judged
    )
    verdicts = counts([])
    return [Table("SuRP against each baseline", ("baseline", "cells", *verdicts), lines, ())] if lines else []


def tally(rival: str, judgements: Sequence[Judgement]) -> str:
    """`Against LAMP, SuRP wins 1, ties 2 and loses 4 of 7 cells.`"""
    found = counts(judgements)
    text = f"Against {rival}, SuRP wins {found['wins']}, ties {found['ties']} and loses {found['loses']}"
    rest = f"; {found['unjudged']} with one seed cannot be judged" if found["unjudged"] else ""
    return f"{text} of {len(judgements)} cells{rest}."


def _key(judgement: Judgement) -> tuple[str, str, float]:
    cell = judgement.cell
    return cell.dataset, cell.model, cell.sparsity


def _cell(judgement: Judgement) -> tuple[Cell, ...]:
    cell = judgement.cell
    return (
        words(title(cell.dataset)),
        words(title(cell.model)),
        Cell(percent(cell.sparsity), cell.sparsity),
        Cell(str(len(cell.seeds)), len(cell.seeds)),
        words(title(judgement.rival)),
        *_judged(judgement),
    )


def _judged(judgement: Judgement | None) -> tuple[Cell, Cell]:
    return (points(judgement.difference), words(judgement.verdict)) if judgement else (words(""), words(""))


def points(gap: Estimate) -> Cell:
    """A difference in percentage points."""
    spread = f" ± {100 * gap.half:.2f}" if gap.half == gap.half else ""
    return Cell(f"{100 * gap.mean:+.2f}{spread}", 100 * gap.mean, 100 * gap.half)


def left_out(every: Sequence[compare.Cell]) -> list[str]:
    return [
        f"No comparison: SuRP lacks seeds {', '.join(map(str, cell.missing[compare.OURS]))} on {title(cell.dataset)}, "
        f"{title(cell.model)}, {percent(cell.sparsity)}."
        for cell in every
        if compare.OURS in cell.missing
    ]
