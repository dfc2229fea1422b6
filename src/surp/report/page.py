"""From a suite's tables and figures to the page."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from markupsafe import Markup

from surp import registry
from surp.files import read_bytes
from surp.html import template
from surp.names import percent, title
from surp.report.commands import commands, facts
from surp.report.findings import findings
from surp.tables import Entry, Measurements, Table, number, words
from surp.tables.kinds.methods import read_docstring
from surp.tables.render import to_html

_FIRST = ("accuracy_vs_sparsity", "paired_differences", "size_front", "accuracy_vs_bytes", "byte_waterfall")
_PARTS = {"comparison": "Who wins", "accuracy": "Accuracy", "matched_size": "Size", "factors": "Factors"}
_ENLARGED = 2.0
"""Pixels a point: what is 7.5 points on paper is 15 pixels on the page."""
_NAMES = ("dataset", "model", "seed", "method", "schedule", "quantizer", "coder", "target_sparsity")
_MEASURES = {"bytes": ",.0f", "accuracy": ".4f", "val_accuracy": ".4f", "seconds_train": ".0f"}


@dataclass(frozen=True)
class ShownFigure:
    """A figure: its caption, its SVG as a data URI, and its width in pixels."""

    name: str
    caption: str
    source: str
    width: int


@dataclass(frozen=True)
class PagePart:
    """A part of the page that holds one kind of table."""

    anchor: str
    title: str
    html: Markup


def page(
    found: Measurements, figures: Sequence[Path], parameters: dict[str, Any] | None = None, suite: str = ""
) -> str:
    """The whole page. Raises `SurpError` for a figure or table that cannot be read."""
    name = suite or str(found.summary["suite"].iloc[0])
    return template("surp.report", "page.html.j2").render(
        suite=name,
        counted=_counted(found.summary),
        findings=findings(found),
        figures=[_shown(path) for path in sorted(figures, key=_place)],
        parts=[PagePart(kind, heading, _built(kind, found)) for kind, heading in _PARTS.items()],
        methods=_built("methods", found),
        files=Markup(to_html([files_table(found.summary)])),
        parameters=yaml.safe_dump(parameters, sort_keys=False, allow_unicode=True) if parameters else "",
        facts=facts(found.summary),
        commands=commands(found.summary, name, figures),
    )


def _built(kind: str, found: Measurements) -> Markup:
    return Markup(to_html([table for table in registry.load("tables", kind).build(found) if table.rows]))


def _shown(path: Path) -> ShownFigure:
    content = read_bytes(path)
    points = re.search(rb'<svg[^>]* width="([0-9.]+)pt"', content)
    width = round(_ENLARGED * float(points.group(1))) if points else 640
    known = path.stem in registry.names("figures")
    caption = read_docstring(registry.path("figures", path.stem))[0] if known else path.stem
    source = f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
    return ShownFigure(title(path.stem), caption, source, width)


def _place(path: Path) -> tuple[int, str]:
    return (_FIRST.index(path.stem) if path.stem in _FIRST else len(_FIRST), path.stem)


def _counted(table: pd.DataFrame) -> list[tuple[str, str]]:
    """What the suite is made of."""

    def names(column: str) -> str:
        return ", ".join(title(value) for value in sorted(table[column].unique()))

    seeds = table.groupby("model")["seed"].unique()
    return [
        ("data sets", names("dataset")),
        ("models", "; ".join(f"{title(m)}, seeds {', '.join(map(str, sorted(s)))}" for m, s in seeds.items())),
        ("methods", names("method")),
        ("quantizers", names("quantizer")),
        ("coders", names("coder")),
        ("files", f"{len(table):,}"),
    ]


def files_table(table: pd.DataFrame) -> Table:
    """One row a file."""
    rows = [
        (
            *(_axis(axis, row[axis]) for axis in _NAMES),
            *(number(float(row[name]), shown) for name, shown in _MEASURES.items()),
        )
        for row in table[[*_NAMES, *_MEASURES]].to_dict("records")
    ]
    return Table("Every file", (*_NAMES, *_MEASURES), tuple(rows))


def _axis(axis: str, value: Any) -> Entry:
    if axis == "target_sparsity":
        return Entry(percent(value), float(value)) if value == value else words("")
    return Entry(str(value), float(value)) if axis == "seed" else words(title(str(value)))
