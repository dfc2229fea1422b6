"""A table against the checked-in one: row by row, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surp.evaluate.table import COLUMNS
from surp.verify import Mismatch, Row
from surp.verify.tolerance import NEVER_COMPARED, OF_THE_MACHINE, RETRAINED, difference, same_machine, within

_AXES = ("dataset", "model", "seed", "method", "schedule", "round", "quantizer", "coder")


def check_reference(table: Path, rows: list[Row], reference: Path, expected: list[Row]) -> Iterator[Mismatch]:
    """Rows that either table lacks, and cells that differ by more than is allowed."""
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


def _differences(row: Row, expected: Row) -> Iterator[str]:
    exact = same_machine(row, expected)
    for column in COLUMNS:
        if column in NEVER_COMPARED or (column in OF_THE_MACHINE and not exact):
            continue
        tolerance = None if exact else RETRAINED.get(column)
        if row[column] != expected[column] and not (tolerance and within(row[column], expected[column], tolerance)):
            allowed = f" (allowed: {_words(tolerance)})" if tolerance else ""
            yield f"{column} is {row[column]}{allowed}, but {expected[column]}"


def compared_how(rows: list[Row], expected: list[Row]) -> str:
    """One line for the report: exactly, or with tolerances and how much of them was used."""
    theirs = {_key(row): row for row in expected}
    pairs = [(row, theirs[_key(row)]) for row in rows if _key(row) in theirs]
    if all(same_machine(*pair) for pair in pairs):
        return "same kind of machine and versions: every column but the times must be identical"
    largest = []
    for column, tolerance in RETRAINED.items():
        found = [_distance(one[column], other[column], tolerance) for one, other in pairs]
        if numbers := [value for value in found if value is not None]:
            largest.append(f"{column} {max(numbers):.4g} ({_words(tolerance)})")
    return "another kind of machine or other versions; largest difference (allowed): " + ", ".join(largest)


def _distance(one: str, other: str, tolerance: tuple[float, float]) -> float | None:
    """The difference, in percent where the tolerance is relative; None without two numbers."""
    distance = difference(one, other)
    if distance is None or tolerance[0]:
        return distance
    return 100 * distance / abs(float(other)) if float(other) else None


def _words(tolerance: tuple[float, float]) -> str:
    return f"± {tolerance[0]:g}" if tolerance[0] else f"± {100 * tolerance[1]:g} %"


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[axis] for axis in _AXES)
