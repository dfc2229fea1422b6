"""From a suite's tables and figures to the page."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from surp import registry
from surp.evaluate.names import percent, title
from surp.files import read_bytes
from surp.report.commands import commands, facts
from surp.report.verdict import findings
from surp.tables import Cell, Data, Table, number, words
from surp.tables.kinds.methods import read_docstring
from surp.tables.render import to_html

_FIRST = ("accuracy_vs_sparsity", "paired_differences", "size_front", "accuracy_vs_bytes", "byte_waterfall")
_SECTIONS = (("comparison", "Who wins"), ("accuracy", "Accuracy"), ("matched_size", "Size"), ("factors", "Factors"))
_ENLARGED = 2.0
"""Pixels a point: what is 7.5 points on paper is 15 pixels on the page."""
_AXES = ("dataset", "model", "seed", "method", "schedule", "quantizer", "coder", "target_sparsity")


@dataclass(frozen=True)
class Shown:
    """A figure: its caption, its SVG as a data URI, and its width in pixels."""

    name: str
    caption: str
    source: str
    width: int


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    html: Markup


def page(data: Data, figures: Sequence[Path], parameters: dict[str, Any] | None = None, suite: str = "") -> str:
    """The whole page. Raises `SurpError` for a figure or table that cannot be read."""
    name = suite or str(data.summary["suite"].iloc[0])
    template = _environment().from_string(_asset("page.html.j2"))
    return template.render(
        suite=name,
        counted=_counted(data.summary),
        findings=findings(data),
        figures=[_shown(path) for path in sorted(figures, key=_place)],
        sections=_sections(data),
        methods=_built("methods", data),
        files=Markup(to_html([files_table(data.summary)])),
        parameters=yaml.safe_dump(parameters, sort_keys=False, allow_unicode=True) if parameters else "",
        facts=facts(data.summary),
        commands=commands(data.summary, name, figures),
        style=Markup(_asset("page.css")),
        script=Markup(_asset("page.js")),
    )


def _environment() -> Environment:
    """Everything that is not `Markup` is escaped, and a misspelt name is an error."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _asset(name: str) -> str:
    return (files("surp.report") / name).read_text(encoding="utf-8")


def _sections(data: Data) -> list[Section]:
    return [Section(name, heading, _built(name, data)) for name, heading in _SECTIONS]


def _built(name: str, data: Data) -> Markup:
    return Markup(to_html([table for table in registry.load("tables", name).build(data) if table.rows]))


def _shown(path: Path) -> Shown:
    content = read_bytes(path)
    points = re.search(rb'<svg[^>]* width="([0-9.]+)pt"', content)
    width = round(_ENLARGED * float(points.group(1))) if points else 640
    known = path.stem in registry.names("figures")
    caption = read_docstring(registry.path("figures", path.stem))[0] if known else path.stem
    return Shown(title(path.stem), caption, f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}", width)


def _place(path: Path) -> tuple[int, str]:
    return (_FIRST.index(path.stem) if path.stem in _FIRST else len(_FIRST), path.stem)


def _counted(table: pd.DataFrame) -> list[tuple[str, str]]:
    """What the suite is made of."""

    def names(column: str) -> str:
        return ", ".join(title(str(value)) for value in sorted(table[column].unique()))

    seeds = table.groupby("model")["seed"].unique()
    return [
        ("data sets", names("dataset")),
        ("models", "; ".join(f"{title(str(m))}, seeds {', '.join(map(str, sorted(s)))}" for m, s in seeds.items())),
        ("methods", names("method")),
        ("quantizers", names("quantizer")),
        ("coders", names("coder")),
        ("files", f"{len(table):,}"),
    ]


def files_table(table: pd.DataFrame) -> Table:
    """One row a file."""
    measures = ("bytes", "accuracy", "val_accuracy", "seconds_train")
    axes = [axis for axis in _AXES if axis in table]
    there = [measure for measure in measures if measure in table]
    rows = [
        (*(_axis(axis, row[axis]) for axis in axes), *(_measure(measure, row[measure]) for measure in there))
        for row in table.to_dict("records")
    ]
    return Table("Every file", (*axes, *there), tuple(rows))


def _axis(axis: str, value: Any) -> Cell:
    if axis == "target_sparsity":
        return Cell(percent(value), float(value)) if value == value else words("")
    return Cell(str(value), float(value)) if axis == "seed" else words(title(str(value)))


def _measure(name: str, value: Any) -> Cell:
    return number(float(value), {"bytes": ",.0f", "seconds_train": ".0f"}.get(name, ".4f"))
