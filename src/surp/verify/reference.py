"""A table against the checked-in one: row by row, column by column; what other machines trained, in the means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from surp.evaluate.table import COLUMNS
from surp.verify import Mismatch, Row
from surp.verify.spread import LEAST, STANDARD_ERRORS, comparisons
from surp.verify.tolerance import NEVER_COMPARED, OF_THE_MACHINE, is_number, same_machine

_AXES = ("dataset", "model", "seed", "method", "schedule", "round", "quantizer", "coder")


def check_reference(table: Path, rows: list[Row], reference: Path, expected: list[Row]) -> Iterator[Mismatch]:
    """Rows that either table lacks, cells that differ, and means over seeds that differ by more than is allowed."""
    if missing := [key for key in COLUMNS if expected and key not in expected[0]]:
        yield Mismatch(reference, f"lacks the columns {', '.join(missing)}; `make record` writes a new one")
        return
    ours, theirs = ({_key(row): row for row in each} for each in (rows, expected))
    for key in sorted(theirs.keys() - ours.keys()):
        yield Mismatch(table, f"lacks the row {' '.join(key)}, which {reference} has")
    for key in sorted(ours.keys() - theirs.keys()):
        yield Mismatch(table, f"has the row {' '.join(key)}, which {reference} lacks")
    for key in sorted(ours.keys() & theirs.keys()):
        for what in _differences(ours[key], theirs[key]):
            yield Mismatch(table, f"row {' '.join(key)}: {what} in {reference}")
    for comparison in comparisons(*_elsewhere(rows, expected)):
        if comparison.used > 1:
            yield Mismatch(table, f"{' '.join(comparison.setting)}: {comparison} in {reference}")


def _differences(row: Row, expected: Row) -> Iterator[str]:
    """Cells that are not the same text; of another machine only those that no training decides."""
    exact = same_machine(row, expected)
    for column in COLUMNS:
        decided = column in LEAST and is_number(row[column]) and is_number(expected[column])
        free = column in NEVER_COMPARED or (not exact and (column in OF_THE_MACHINE or decided))
        if not free and row[column] != expected[column]:
            yield f"{column} is {row[column]}, but {expected[column]}"


def compared_how(rows: list[Row], expected: list[Row]) -> str:
    """One line for the report: exactly, or by the means, and how much of what is allowed was used."""
    ours, theirs = _elsewhere(rows, expected)
    if not ours:
        return "same kind of machine and versions: every column but the times must be identical"
    largest: dict[str, float] = {}
    judged = set()
    for comparison in comparisons(ours, theirs):
        judged.add(comparison.setting)
        largest[comparison.column] = max(largest.get(comparison.column, 0.0), STANDARD_ERRORS * comparison.used)
    alone = len({_setting(row) for row in ours}) - len(judged)
    return (
        f"another kind of machine or other versions: means over seeds may differ by {STANDARD_ERRORS:g} standard "
        f"errors; the largest: {', '.join(f'{column} {errors:.2g}' for column, errors in largest.items()) or 'none'}"
        + (f"; no spread over seeds is known of {alone} settings: they are not judged" if alone else "")
    )


def _elsewhere(rows: Sequence[Row], expected: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that both tables have, of those settings of which any comes from another machine or other versions."""
    theirs = {_key(row): row for row in expected}
    pairs = [(row, theirs[_key(row)]) for row in rows if _key(row) in theirs]
    moved = {_setting(row) for row, other in pairs if not same_machine(row, other)}
    chosen = [pair for pair in pairs if _setting(pair[0]) in moved]
    return [row for row, _ in chosen], [other for _, other in chosen]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[axis] for axis in _AXES)


def _setting(row: Row) -> tuple[str, ...]:
    return tuple(row[axis] for axis in _AXES if axis != "seed")
