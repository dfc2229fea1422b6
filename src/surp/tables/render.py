"""A table as CSV, Markdown and HTML."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Sequence

from surp.tables import Cell, Table

_LONG = 40
"""Characters from which on a cell's text may be broken into lines."""
_MARKDOWN = {"best": "**{}**", "tie": "{} ≈", "": "{}"}


def to_csv(tables: Sequence[Table]) -> str:
    """All tables below each other; numbers unrounded, with columns for half intervals and marks where there are any."""
    lines: list[dict[str, object]] = []
    for table in tables:
        for row in table.rows:
            line: dict[str, object] = dict(table.where)
            for column, cell in zip(table.columns, row, strict=True):
                line[column] = cell.text if cell.value is None else cell.value
                if cell.half is not None:
                    line[f"{column} half"] = cell.half if cell.half == cell.half else ""
                if cell.mark:
                    line[f"{column} mark"] = cell.mark
            lines.append(line)
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(lines), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _columns(lines: Sequence[dict[str, object]]) -> list[str]:
    """Every column in the order of its first appearance, halves and marks behind what they belong to."""
    plain = list(dict.fromkeys(key for line in lines for key in line))
    base = [key for key in plain if not key.endswith((" half", " mark"))]
    return [name for key in base for name in (key, f"{key} half", f"{key} mark") if name in plain]


def to_markdown(tables: Sequence[Table]) -> str:
    """Tables with their titles and notes; the best is bold, ties have a ≈."""
    parts = []
    for table in tables:
        rows = [[_MARKDOWN[cell.mark].format(_escaped(cell.text)) for cell in row] for row in table.rows]
        marks = ["---:" if _is_number(table, i) else "---" for i in range(len(table.columns))]
        lines = [_line(map(_escaped, table.columns)), _line(marks), *map(_line, rows)]
        parts.append("\n".join([f"### {table.title}", "", *lines, "", *(f"{note}\n" for note in table.notes)]))
    return "\n".join(parts)


def _line(cells: object) -> str:
    return "| " + " | ".join(cells) + " |"  # type: ignore[arg-type]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _is_number(table: Table, column: int) -> bool:
    """Whether anything in the column is one."""
    return any(row[column].value is not None for row in table.rows)


def to_html(tables: Sequence[Table]) -> str:
    """Fragments of a page: figure, caption, table. Every text is escaped."""
    return "\n".join(_table(table) for table in tables)


def _table(table: Table) -> str:
    kinds = ["n" if _is_number(table, i) else "t" for i in range(len(table.columns))]
    head = "".join(
        f'<th scope="col" class="{kind}"><button type="button">{html.escape(column)}</button></th>'
        for kind, column in zip(kinds, table.columns, strict=True)
    )
    body = "\n".join("<tr>" + "".join(map(_cell, row, kinds)) + "</tr>" for row in table.rows)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    return (
        f'<figure class="table"><figcaption>{html.escape(table.title)}</figcaption><div class="wide"><table>'
        f'<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div><div class="notes">{notes}</div></figure>'
    )


def _cell(cell: Cell, kind: str) -> str:
    value = f' data-value="{cell.value!r}"' if cell.value is not None else ""
    text = html.escape(cell.text)
    if cell.mark == "best":
        text = f"<b>{text}</b>"
    if cell.mark == "tie":
        text = f'{text} <span class="tie" title="not significantly below the best">≈</span>'
    return f'<td class="{kind}{" long" if len(cell.text) > _LONG else ""}"{value}>{text}</td>'


RENDERERS: dict[str, Callable[[Sequence[Table]], str]] = {"csv": to_csv, "md": to_markdown, "html": to_html}
"""By the ending of a file."""
