"""Published sizes and errors, as `sizes.csv` in this folder has them with their sources."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple


class PublishedSize(NamedTuple):
    """bytes: as printed, or worked out of the printed ratio, which `stated` tells apart."""

    method: str
    bytes: float
    error_percent: float
    stated: bool


def published(dataset: str, model: str, dense_bytes: float) -> list[PublishedSize]:
    """Of one data set and model, smallest first. A row with a ratio only gets dense bytes over it."""
    text = (files(__package__) / "sizes.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if (row["dataset"], row["model"]) == (dataset, model)]
    return sorted((_point(row, dense_bytes) for row in rows), key=lambda point: point.bytes)


def _point(row: Mapping[str, str], dense_bytes: float) -> PublishedSize:
    size = float(row["bytes"]) if row["bytes"] else dense_bytes / float(row["ratio"])
    return PublishedSize(row["method"], size, float(row["error_percent"]), bool(row["bytes"]))
