"""How each number can be had again: the commands that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd


def commands(table: pd.DataFrame, suite: str, figures: Sequence[Path]) -> list[tuple[str, str]]:
    """(what, command), from the whole suite down to one file."""
    folder = f"results/{suite}"
    summary = f"--summary {folder}/summary.csv --layers {folder}/layers.json"
    result = [
        ("everything on this page", f"make setup && .venv/bin/snakemake all --cores 2 --config suite={suite}"),
        ("what would run, and why", f".venv/bin/snakemake all --dry-run --config suite={suite}"),
        ("this page", f"surp report {folder}/summary.csv --layers {folder}/layers.json -o report.html"),
        ("one table, as Markdown", f"surp tables accuracy {summary} -o accuracy.md"),
        *((f"figure {path.stem}", f"snakemake {path} --cores 2 --config suite={suite}") for path in figures),
    ]
    if len(table) and (decoded := table["file"].iloc[0]):
        coded = str(Path(decoded).with_name("model.surp"))
        result += [
            ("one row: its file, from the data on", f"snakemake {coded} --cores 2 --config suite={suite}"),
            ("one row: what is in its file", f"surp info {coded}"),
            ("one row: where its bytes go", f"surp breakdown {coded} -o breakdown.json"),
        ]
    return [*result, ("every file and number, checked again", f"surp verify results/ --suite {suite}")]


def facts(table: pd.DataFrame) -> list[tuple[str, str]]:
    """What the rows say about where they come from."""
    names = ("versions", "machine")
    return [(name, "; ".join(sorted(set(table[name]) - {""})) or "not recorded") for name in names]
