"""Test accuracy against the size of the file on disk: one faint mark a file, a line through the means per sparsity.

A colour is a method, a line style whatever else varies in the table (quantizer, schedule, ...).
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from surp.errors import SurpError
from surp.figures import lines as _lines
from surp.figures import points as _table
from surp.figures.plots.accuracy_vs_sparsity import dense_band
from surp.figures.style import footer, legend, style

NEEDS: Literal["summary", "weights"] = "summary"


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` naming missing columns, an empty table, or values that are no numbers or no sizes."""
    rows = _table.prepare(table, ["bytes", "accuracy", "dense_accuracy"])
    if (rows["bytes"] <= 0).any():
        raise SurpError(f"{table.attrs.get('path', 'summary.csv')}: column 'bytes' must be greater than 0 in every row")
    rows["kB"] = rows["bytes"] / 1000
    with style():
        fig, panels = _table.panels(rows, 2.9 if _lines.many(rows) else 2.5)
        ends = []
        for ax, panel in panels:
            dense_band(ax, panel)
            _lines.accuracy_axis(ax, 100 * pd.concat([panel["accuracy"], panel["dense_accuracy"]]))
            _size_axis(ax, panel["kB"])
            ends.append((ax, [_line(ax, line, rows) for line in _table.series(panel, rows)]))
        if _lines.many(rows):
            legend(fig, _table.handles(rows), 6)
        else:
            _lines.name_lines(fig, ends, rows, len(panels))
        footer(fig, _table.small_print(rows, "Faint: single files; line: mean over seeds per sparsity; grey: dense."))
    return fig


def _line(ax: Axes, line: _table.Series, table: pd.DataFrame) -> _lines.End:
    """Files of a method, faint if it stands out, and the line through its means."""
    means = _table.by_level(line.rows, ["kB", "accuracy"])
    result = _lines.end(line, means["kB"], 100 * means["accuracy"], table)
    if result.bold:
        accuracy = 100 * line.rows["accuracy"]
        ax.plot(line.rows["kB"], accuracy, line.marker, color=line.color, alpha=0.3, ms=2.2, mew=0)
    ax.plot(means["kB"], 100 * means["accuracy"], **_lines.look(line, table))
    return result


def _size_axis(ax: Axes, sizes: pd.Series) -> None:
    """A log axis in kB with 1, 2, 5 labelled, or only powers of ten if more than two decades are shown."""
    ax.set_xlim(sizes.min() / 1.2, sizes.max() * 1.2)
    ax.set_xscale("log")
    wide = sizes.max() > 100 * sizes.min()
    ax.xaxis.set_major_locator(LogLocator(10, subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("file size (kB)")
