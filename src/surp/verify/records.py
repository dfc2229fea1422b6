"""Tables against what the stages wrote: the rows of every seed, the copies of the suite built last, the means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from surp.errors import SurpError
from surp.evaluate.means import few, means
from surp.evaluate.overview import read_table
from surp.evaluate.table import COLUMNS, read_rows
from surp.files import read_bytes, read_json
from surp.verify import Mismatch, Row
from surp.verify.places import seed_rows


def check_records(results: Path, table: Path, rows: list[Row]) -> tuple[dict[str, Row], list[Mismatch]]:
    """(what the stages wrote about each file of the table, also what is no column; mismatches with the table)."""
    records: dict[str, Row] = {}
    found: list[Mismatch] = []
    places = set()
    for row in rows:
        try:
            places.add(seed_rows(results, row))
        except SurpError as error:
            found.append(Mismatch(table, str(error)))
    for place in sorted(places):
        try:
            records |= {row["file"]: {key: _cell(value) for key, value in row.items()} for row in read_rows([place])}
        except (SurpError, KeyError) as error:
            found.append(Mismatch(place, f"not the rows of a seed: {error}"))
    return records, found + list(_differences(table, rows, records))


def _differences(table: Path, rows: list[Row], records: dict[str, Row]) -> Iterator[Mismatch]:
    """Rows that the stages did not write, cells that differ, and rows that the table lacks."""
    named: set[str] = set()
    for row in rows:
        if row["file"] in named:
            yield Mismatch(table, f"has two rows of {row['file']}")
        named.add(row["file"])
        record = records.get(row["file"])
        if record is None:
            yield Mismatch(table, f"has a row of {row['file']}, of which no rows.json tells")
            continue
        for key in COLUMNS:
            if row.get(key) != record.get(key, ""):
                yield Mismatch(table, f"row of {row['file']}: {key} is {row.get(key)}, but was {record.get(key, '')}")
    for file in sorted(records.keys() - named):
        yield Mismatch(table, f"lacks the row of {file}")


def check_copies(results: Path, suites: list[Path]) -> Iterator[Mismatch]:
    """The table at the top is that of one suite, and the means are those of the tables."""
    latest = results / "summary.csv"
    if latest.is_file() and read_bytes(latest) not in [read_bytes(table) for table in suites]:
        yield Mismatch(latest, f"is none of the tables {', '.join(map(str, suites))}")
    for table in [*suites, latest]:
        for file, of in ((table.with_name("metrics.json"), few), (table.with_name("means.json"), means)):
            if table.is_file() and file.is_file() and read_json(file) != of(read_table(table)):
                yield Mismatch(file, f"holds other means than those of {table}")


def _cell(value: object) -> str:
    """A value as `surp.evaluate.table` writes it."""
    return "" if value is None else str(value)
