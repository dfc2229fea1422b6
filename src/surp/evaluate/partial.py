"""A table of what is there, and a list of what is not: of a suite where networks failed or are not yet done."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surp.evaluate.table import read_rows, write_table
from surp.files import write_bytes

AXES = ("dataset", "model", "seed", "method", "schedule", "round", "quantizer", "coder")


@dataclass(frozen=True)
class Expected:
    """One row of the whole table. axes: what tells it from the others; made: the files it comes from, in the order in
    which they are made; the last one holds the rows of its round."""

    axes: tuple[str, ...]
    made: tuple[Path, ...]

    def lacks(self) -> Path:
        """The first of its files that is not there."""
        return next((path for path in self.made if not path.exists()), self.made[-1])


def write_partial(expected: Sequence[Expected], summary: Path, missing: Path, notice: Path) -> str:
    """Write the rows that are there to `summary`, the others to `missing` with the first file that each lacks.

    Reads what is there, made by whatever parameters. Writes and returns a notice that counts the files lacking by kind.
    """
    metrics = dict.fromkeys(one.made[-1] for one in expected)
    rows = {_key(row): row for row in read_rows(path for path in metrics if path.is_file())}
    wanted = {one.axes: one for one in expected}
    found = [row for key, row in rows.items() if key in wanted]
    absent = [one for one in expected if one.axes not in rows]
    write_table(summary, found)
    _write_missing(missing, absent)
    lines = [f"{len(found)} of {len(wanted)} rows -> {summary}"]
    if absent:
        lines.append(f"{len(absent)} are missing -> {missing}; the first file that each of them lacks:")
        kinds = Counter(one.lacks().name for one in absent)
        lines += [f"  {name}: {count} rows" for name, count in sorted(kinds.items())]
    write_bytes(notice, "\n".join([*lines, ""]).encode())
    return "\n".join(lines)


def _write_missing(path: Path, absent: Iterable[Expected]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*AXES, "lacks"])
    writer.writerows([*one.axes, one.lacks()] for one in absent)
    write_bytes(path, text.getvalue().encode())


def _key(row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(row.get(axis)) for axis in AXES)
