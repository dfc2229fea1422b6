"""Where the workflow puts what a row of a table tells of: the tree of workflow/rules/common.smk, seen from a row.

results/<suite>/<dataset>/<model>/seed<s>/<method>/<schedule>/round<k>/<quantizer>/<coder>/decoded.safetensors
is the row's column `file`.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from surp.errors import SurpError
from surp.records.row import Row

_DEPTH = 11


def suite_tables(results: Path, suite: str = "") -> list[Path]:
    """`<suite>/summary.csv` of one suite or of all; raises `SurpError` if there is none."""
    found = sorted(results.glob(f"{suite or '*'}/summary.csv"))
    if not found:
        raise SurpError(f"{results}: holds no {suite or '<suite>'}/summary.csv; `snakemake all` builds one")
    return found


def model_file(results: Path, row: Row) -> Path:
    """The `.surp` file of a row; raises `SurpError` if the row names no file of this folder."""
    return _decoded(results, row).with_name("model.surp")


def seed_rows(results: Path, row: Row) -> Path:
    """The rows of the same data set, model and seed as `surp evaluate` wrote them."""
    return _decoded(results, row).parents[5] / "rows.json"


def test_split(results: Path, row: Row) -> Path:
    return results / "data" / row.dataset / "test.safetensors"


def _decoded(results: Path, row: Row) -> Path:
    path = PurePosixPath(row.file)
    if len(path.parts) != _DEPTH or ".." in path.parts or path.is_absolute():
        raise SurpError(f"a row names the file {row.file!r}, which no rule of the workflow writes")
    return results.joinpath(*path.parts[1:])
