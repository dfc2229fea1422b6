"""Test accuracy of the decoded files against sparsity: mean and 95 % t-interval over seeds; grey: the dense model.

A colour is a method, a line style whatever else varies in the table (quantizer, schedule, ...). Of many methods only
SuRP and its twin are bold and have intervals. Where errors differ much, the axis is logarithmic in the error.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from surp.figures import lines as _lines
from surp.figures import points as _table
from surp.figures.style import GREY, footer, style

NEEDS: Literal["summary", "weights"] = "summary"


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` naming missing columns, an empty table, or values that are no numbers."""
    rows = _table.prepare(table, ["accuracy", "dense_accuracy"])
    with style():
        fig, panels = _table.panels(rows, 2.9 if _lines.many(rows) else 2.5)
        ends = []
        for ax, panel in panels:
            dense_band(ax, panel)
            _lines.accuracy_axis(ax, 100 * pd.concat([panel["accuracy"], panel["dense_accuracy"]]))
            _table.sparsity_axis(ax, panel["level"])
            ends.append((ax, [_line(ax, line, rows) for line in _table.series(panel, rows)]))
        _lines.name_lines(fig, ends, rows, len(panels))
        footer(fig, _table.small_print(rows, "Mean and 95 % t-interval over seeds; grey: dense."))
    return fig


def _line(ax: Axes, line: _table.Series, table: pd.DataFrame) -> _lines.End:
    """Means; with intervals unless the line is one of many."""
    means = _table.by_level(line.rows, ["accuracy"])
    x = _table.dodged(means["level"], 0 if _lines.many(table) else line.offset)
    y = 100 * means["accuracy"]
    result = _lines.end(line, x, y, table)
    bars = {"yerr": 100 * means["accuracy_half"].fillna(0)} if result.bold else {}
    ax.errorbar(x, y, **bars, elinewidth=0.7, capsize=1.5, capthick=0.7, **_lines.look(line, table))
    return result


def dense_band(ax: Axes, panel: pd.DataFrame) -> None:
    """The dense model: mean and 95 % t-interval over seeds."""
    mean, half = _table.interval(panel.groupby("seed")["dense_accuracy"].mean())
    ax.axhline(100 * mean, color=GREY, linewidth=0.9, zorder=1)
    if half == half:
        ax.axhspan(100 * (mean - half), 100 * (mean + half), color=GREY, alpha=0.18, linewidth=0, zorder=0)
