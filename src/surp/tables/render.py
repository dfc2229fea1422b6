"""A table as CSV, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from surp.html import template
from surp.summary.collected import csv_text
from surp.tables import Table

_LONG = 40
"""Characters from which on a text may be broken into lines."""
_MARKDOWN = {"best": "**{}**", "tie": "{} ≈", "": "{}"}


def to_csv(tables: Sequence[Table]) -> str:
    """All tables below each other; numbers unrounded, with columns for half intervals and marks where there are any."""
    lines: list[dict[str, object]] = []
    for table in tables:
        for row in table.rows:
            line: dict[str, object] = dict(table.where)
            for column, entry in zip(table.columns, row, strict=True):
                line[column] = entry.text if entry.value is None else entry.value
                if entry.half is not None:
                    line[f"{column} half"] = entry.half if entry.half == entry.half else ""
                if entry.mark:
                    line[f"{column} mark"] = entry.mark
            lines.append(line)
    return csv_text(_columns(lines), lines)


def _columns(lines: Sequence[dict[str, object]]) -> list[str]:
    """Every column in the order of its first appearance, halves and marks behind what they belong to."""
    plain = list(dict.fromkeys(key for line in lines for key in line))
    base = [key for key in plain if not key.endswith((" half", " mark"))]
    return [name for key in base for name in (key, f"{key} half", f"{key} mark") if name in plain]


def to_markdown(tables: Sequence[Table]) -> str:
    """Tables with their titles and notes; the best is bold, ties have a ≈."""
    parts = []
    for table in tables:
        rows = [[_MARKDOWN[entry.mark].format(_escaped(entry.text)) for entry in row] for row in table.rows]
        marks = ["---:" if numeric else "---" for numeric in table.numeric]
        lines = [_line(map(_escaped, table.columns)), _line(marks), *map(_line, rows)]
        parts.append("\n".join([f"### {table.title}", "", *lines, "", *(f"{note}\n" for note in table.notes)]))
    return "\n".join(parts)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def to_html(tables: Sequence[Table]) -> str:
    """Fragments of a page: figure, caption, table. Every text is escaped."""
    return template("surp.tables", "table.html.j2").render(tables=tables, long=_LONG)


RENDERERS: dict[str, Callable[[Sequence[Table]], str]] = {"csv": to_csv, "md": to_markdown, "html": to_html}
"""By the ending of a file."""
