"""Test accuracy of the decoded files against sparsity: mean and 95 % t-interval over seeds; grey: the dense model.

A colour is a method, a line style whatever else varies in the table (quantizer, schedule, ...). Of many methods only
SuRP and its twin are bold and have intervals. Where errors differ much, the axis is logarithmic in the error.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from surp.figures.axes import accuracy_axis, dodged, sparsity_axis
from surp.figures.lines import End, Line, dense_band, lines, look, many, name_lines, panels
from surp.figures.rows import by_level, prepare, small_print
from surp.figures.style import footer, style

NEEDS: Literal["summary", "weights"] = "summary"


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` for a table without rows that can be drawn."""
    rows = prepare(table, ["accuracy", "dense_accuracy"])
    with style():
        fig, shown = panels(rows)
        ends = []
        for ax, panel in shown:
            dense_band(ax, panel)
            accuracy_axis(ax, panel)
            sparsity_axis(ax, panel["level"])
            ends.append((ax, [_draw_line(ax, line, rows) for line in lines(panel, rows)]))
        name_lines(fig, ends, rows)
        footer(fig, small_print(rows, "Mean and 95 % t-interval over seeds; grey: dense."))
    return fig


def _draw_line(ax: Axes, line: Line, table: pd.DataFrame) -> End:
    """Means; with intervals unless the line is one of many."""
    means = by_level(line.rows, ["accuracy"])
    x = dodged(means["level"], 0 if many(table) else line.offset)
    y = 100 * means["accuracy"]
    bars = {"yerr": 100 * means["accuracy_half"].fillna(0)} if line.bold else {}
    ax.errorbar(x, y, **bars, elinewidth=0.7, capsize=1.5, capthick=0.7, **look(line, table))
    return y.iloc[-1], line
