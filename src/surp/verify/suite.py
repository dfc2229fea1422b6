"""One suite: its table, the records behind it, every `.surp` file, every accuracy, and the checked-in suite."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from surp.errors import SurpError
from surp.evaluate.evaluator import Evaluator
from surp.records.columns import COLUMNS
from surp.records.row import Row
from surp.summary.table import read_table
from surp.tensors.safetensors_file import read_state
from surp.verify import Mismatch, recorded
from surp.verify.decoded import content_differences, decode_afresh, weight_differences
from surp.verify.places import model_file, test_split
from surp.verify.scores import score_differences
from surp.verify.written import check_records

Say = Callable[[str], None]
_BATCH = 32  # files per decoding process: bounds the disk that decoded weights take


@dataclass(frozen=True)
class _File:
    row: Row
    path: Path
    tensors: Literal["all", "matrices"]


def read_whole_table(table: Path, hint: str = "`snakemake all` writes it anew") -> list[Row]:
    """The rows of a table; raises `SurpError` if a column is missing, with the hint, or there is no row."""
    rows = read_table(table, COLUMNS, hint)
    if not rows:
        raise SurpError(f"{table}: holds no rows")
    return rows


def verify_suite(results: Path, table: Path, rows: list[Row], device: str, threads: int, say: Say) -> list[Mismatch]:
    """Everything about one table but the comparison with another table."""
    records, found = check_records(results, table, rows)
    files = []
    for row in rows:
        try:
            path = model_file(results, row)
        except SurpError:  # told by `check_records`
            continue
        if path.is_file():
            files.append(_File(row, path, records[row.file].tensors if row.file in records else "all"))
        else:
            found.append(Mismatch(path, f"is missing, but {table} has a row of it"))
    say(f"{table}: {len(rows)} rows; decoding {len(files)} files in fresh processes and measuring their accuracy")
    return found + _check_files(results, files, device, threads)


def verify_recorded(
    results: Path, folder: Path, rows: list[Row], device: str, threads: int, say: Say
) -> list[Mismatch]:
    """The `.surp` files of the checked-in suite in `folder` against its own table."""
    named = {row.file: row for row in rows}
    files = [_File(named[entry["file"]], path, entry["tensors"]) for path, entry in recorded.files(folder)]
    if files:
        say(f"{folder}: decoding {len(files)} recorded files in a fresh process and measuring their accuracy")
    return _check_files(results, files, device, threads)


def _network(file: _File) -> tuple[str, str]:
    return file.row.dataset, file.row.model


def _check_files(results: Path, files: Sequence[_File], device: str, threads: int) -> list[Mismatch]:
    groups = (list(group) for _, group in groupby(sorted(files, key=_network), key=_network))
    return [mismatch for group in groups for mismatch in _check_group(results, group, device, threads)]


def _check_group(results: Path, files: Sequence[_File], device: str, threads: int) -> Iterator[Mismatch]:
    """Files of one data set and model."""
    evaluator: Evaluator | None = None
    test = test_split(results, files[0].row)
    try:
        evaluator = Evaluator(files[0].row.model, test, device, threads)
    except SurpError as error:
        yield Mismatch(test, f"no accuracy can be measured: {error}")
    for start in range(0, len(files), _BATCH):
        batch = files[start : start + _BATCH]
        with tempfile.TemporaryDirectory(prefix="surp-verify-") as scratch:
            decoded = decode_afresh([file.path for file in batch], Path(scratch))
            for file, weights in zip(batch, decoded, strict=True):
                yield from (Mismatch(file.path, what) for what in _check_file(file, weights, evaluator))


def _check_file(file: _File, weights: Path | str, evaluator: Evaluator | None) -> Iterator[str]:
    yield from content_differences(file.row, file.path)
    if isinstance(weights, str):
        yield weights
        return
    try:
        state, _ = read_state(weights)
        yield from weight_differences(file.row, file.path, weights, state, file.tensors)
        if evaluator:
            yield from score_differences(file.row, state, evaluator)
    except SurpError as error:
        yield str(error)
