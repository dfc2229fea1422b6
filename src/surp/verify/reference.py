"""A table against the checked-in one: row by row, column by column; what other machines trained, in the means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from surp.records.columns import COLUMNS, SETTING
from surp.records.row import Row
from surp.verify import Mismatch
from surp.verify.spread import LEAST, STANDARD_ERRORS, compared_means
from surp.verify.tolerance import NEVER_COMPARED, OF_THE_MACHINE, same_machine


def check_reference(table: Path, rows: Sequence[Row], reference: Path, expected: Sequence[Row]) -> Iterator[Mismatch]:
    """Rows that either table lacks, cells that differ, and means over seeds that differ by more than is allowed."""
    ours, theirs = ({row.place(): row for row in each} for each in (rows, expected))
    for place in sorted(theirs.keys() - ours.keys()):
        yield Mismatch(table, f"lacks the row {' '.join(place)}, which {reference} has")
    for place in sorted(ours.keys() - theirs.keys()):
        yield Mismatch(table, f"has the row {' '.join(place)}, which {reference} lacks")
    for place in sorted(ours.keys() & theirs.keys()):
        for what in _differences(ours[place], theirs[place]):
            yield Mismatch(table, f"row {' '.join(place)}: {what} in {reference}")
    for pair in compared_means(*_elsewhere(rows, expected)):
        if pair.used > 1:
            yield Mismatch(table, f"{' '.join(pair.setting)}: {pair} in {reference}")


def _differences(row: Row, expected: Row) -> Iterator[str]:
    """Columns that differ; of another machine only those that no training decides."""
    exact = same_machine(row, expected)
    for column in COLUMNS:
        ours, theirs = getattr(row, column), getattr(expected, column)
        decided = column in LEAST and ours is not None and theirs is not None
        free = column in NEVER_COMPARED or (not exact and (column in OF_THE_MACHINE or decided))
        if not free and ours != theirs:
            yield f"{column} is {ours}, but {theirs}"


def compared_how(rows: Sequence[Row], expected: Sequence[Row]) -> str:
    """One line for the report: exactly, or by the means, and how much of what is allowed was used."""
    ours, theirs = _elsewhere(rows, expected)
    if not ours:
        return "same kind of machine and versions: every column but the times must be identical"
    largest: dict[str, float] = {}
    judged = set()
    for pair in compared_means(ours, theirs):
        judged.add(pair.setting)
        largest[pair.column] = max(largest.get(pair.column, 0.0), STANDARD_ERRORS * pair.used)
    alone = len({row.place(SETTING) for row in ours}) - len(judged)
    return (
        f"another kind of machine or other versions: means over seeds may differ by {STANDARD_ERRORS:g} standard "
        f"errors; the largest: {', '.join(f'{column} {errors:.2g}' for column, errors in largest.items()) or 'none'}"
        + (f"; no spread over seeds is known of {alone} settings: they are not judged" if alone else "")
    )


def _elsewhere(rows: Sequence[Row], expected: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that both tables have, of those settings of which any comes from another machine or other versions."""
    theirs = {row.place(): row for row in expected}
    pairs = [(row, theirs[row.place()]) for row in rows if row.place() in theirs]
    moved = {row.place(SETTING) for row, other in pairs if not same_machine(row, other)}
    chosen = [pair for pair in pairs if pair[0].place(SETTING) in moved]
    return [row for row, _ in chosen], [other for _, other in chosen]
