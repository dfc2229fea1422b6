"""A table of what is there, and a list of what is not: of a suite where networks failed or are not yet done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surp.files import write_bytes
from surp.records.columns import AXES
from surp.summary.collected import read_rows, write_csv, write_table


@dataclass(frozen=True)
class Expected:
    """One row of the whole table. axes: what tells it from the others (`surp.records.columns.AXES`); made: the files it
    comes from, in the order in which they are made; the last one holds the rows of its round."""

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
    read = read_rows(path for path in metrics if path.is_file())
    rows = {tuple(str(row.get(axis)) for axis in AXES): row for row in read}
    wanted = {one.axes for one in expected}
    found = [row for place, row in rows.items() if place in wanted]
    absent = [one for one in expected if one.axes not in rows]
    write_table(summary, found)
    lacking = [dict(zip(AXES, one.axes, strict=True)) | {"lacks": str(one.lacks())} for one in absent]
    write_csv(missing, [*AXES, "lacks"], lacking)
    lines = [f"{len(found)} of {len(wanted)} rows -> {summary}"]
    if absent:
        lines.append(f"{len(absent)} are missing -> {missing}; the first file that each of them lacks:")
        kinds = Counter(one.lacks().name for one in absent)
        lines += [f"  {name}: {count} rows" for name, count in sorted(kinds.items())]
    write_bytes(notice, "\n".join([*lines, ""]).encode())
    return "\n".join(lines)
