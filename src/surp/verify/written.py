"""Tables against what the stages wrote: the rows of every seed, the copies of the suite built last, the means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from surp.errors import SurpError
from surp.files import read_bytes, read_json
from surp.records.columns import COLUMNS
from surp.records.row import Row
from surp.summary.collected import read_rows
from surp.summary.means import few, means
from surp.verify import Mismatch
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
            written = [Row.parse(row, f"row {number}") for number, row in enumerate(read_rows([place]), 1)]
            records |= {row.file: row for row in written}
        except SurpError as error:
            found.append(Mismatch(place, f"not the rows of a seed: {error}"))
    return records, found + list(_differences(table, rows, records))


def _differences(table: Path, rows: list[Row], records: Mapping[str, Row]) -> Iterator[Mismatch]:
    """Rows that the stages did not write, cells that differ, and rows that the table lacks."""
    named: set[str] = set()
    for row in rows:
        if row.file in named:
            yield Mismatch(table, f"has two rows of {row.file}")
        named.add(row.file)
        if row.file not in records:
            yield Mismatch(table, f"has a row of {row.file}, of which no rows.json tells")
            continue
        for key in COLUMNS:
            found, written = getattr(row, key), getattr(records[row.file], key)
            if found != written:
                yield Mismatch(table, f"row of {row.file}: {key} is {found}, but was {written}")
    for file in sorted(records.keys() - named):
        yield Mismatch(table, f"lacks the row of {file}")


def check_copies(results: Path, tables: Mapping[Path, list[Row]]) -> Iterator[Mismatch]:
    """The table at the top is that of one suite, and the means are those of the tables."""
    latest = results / "summary.csv"
    known = {read_bytes(table): rows for table, rows in tables.items()}
    every = dict(tables)
    if latest.is_file():
        copied = known.get(read_bytes(latest))
        if copied is None:
            yield Mismatch(latest, f"is none of the tables {', '.join(map(str, tables))}")
        else:
            every[latest] = copied
    for table, rows in every.items():
        for file, of in ((table.with_name("metrics.json"), few), (table.with_name("means.json"), means)):
            if file.is_file() and read_json(file) != of(rows):
                yield Mismatch(file, f"holds other means than those of {table}")
