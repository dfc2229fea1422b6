"""What a figure draws of a summary: which rows, in which panels, their means with intervals, and the small print."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from surp.comparison.cells import estimate
from surp.errors import SurpError
from surp.names import title
from surp.summary.frame import origin

_VARIANTS = ("schedule", "quantizer", "coder", "preset", "importance", "keep", "finetune_epochs")


def prepare(
    table: pd.DataFrame, numbers: Sequence[str], variants: Sequence[str] = _VARIANTS, every: bool = False
) -> pd.DataFrame:
    """The rows that have all `numbers`, with columns `facet` (the panel) and `variant` (what else differs in a series).

    Unless `every`: of the pairs of quantizer and coder only those that were run as often as any.
    Raises `SurpError` naming the table if it is empty, has no such rows, or has files without size.
    """
    if table.empty:
        raise SurpError(f"{origin(table)}: has no rows; nothing to draw")
    rows = table.dropna(subset=["sparsity", *numbers])
    if rows.empty:
        raise SurpError(f"{origin(table)}: no row has a value in all of {', '.join(numbers)}")
    if "bytes" in numbers and (rows["bytes"] <= 0).any():
        raise SurpError(f"{origin(table)}: column 'bytes' must be greater than 0 in every row")
    if not every:
        size = rows.groupby(["quantizer", "coder"])["seed"].transform("size")
        rows = rows[size == size.max()]
    facets = [
        f"{title(dataset)}, {title(model)}" for dataset, model in zip(rows["dataset"], rows["model"], strict=True)
    ]
    # What differs only between methods (such as `keep`) goes with the method's colour and needs no line style.
    texts = [rows[column].map(lambda value: str(value) if value == value else "") for column in variants]
    varying = [text for text in texts if text.groupby(rows["series"]).nunique().max() > 1]
    variant = [", ".join(filter(None, parts)) for parts in zip(*varying, strict=True)] if varying else ""
    return rows.assign(facet=facets, variant=variant).reset_index(drop=True)


def by_level(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Per sparsity aimed at: mean of each column, and `<column>_half`; seeds count once, whatever varies inside."""
    result = []
    for level, group in rows.groupby("level"):
        seeds = group.groupby("seed")[list(columns)].mean()
        entry: dict[str, float] = {"level": float(level)}
        for column in columns:
            entry[column], entry[f"{column}_half"], _ = estimate(seeds[column])
        result.append(entry)
    return pd.DataFrame(result)


def small_print(rows: pd.DataFrame, what: str, unit: str = "file") -> str:
    """What is drawn, number of files, seeds and versions."""
    seeds = sorted({int(seed) for seed in rows["seed"]})
    count = f"{len(rows)} {unit}{'s' * (len(rows) > 1)}"
    if len(seeds) == 1:
        text = f"{count}; one seed ({seeds[0]}), so no interval."
    elif len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        text = f"{what} {count}, seeds {seeds[0]}–{seeds[-1]}."
    else:
        text = f"{what} {count}, seeds {', '.join(map(str, seeds))}."
    return f"{text} {'; '.join(sorted(set(rows['versions']) - {''}))}".strip()
