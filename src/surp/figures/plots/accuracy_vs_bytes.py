"""Test accuracy against the size of the file on disk: one faint mark a file, a line through the means per sparsity.

A colour is a method, a line style whatever else varies in the table (quantizer, schedule, ...).
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from surp.figures.axes import accuracy_axis, size_axis
from surp.figures.lines import End, Line, dense_band, handles, lines, look, many, name_lines, panels
from surp.figures.rows import by_level, prepare, small_print
from surp.figures.style import footer, legend, style

NEEDS: Literal["summary", "weights"] = "summary"


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` for a table without rows, or with files without size."""
    rows = prepare(table, ["bytes", "accuracy", "dense_accuracy"])
    with style():
        fig, shown = panels(rows)
        ends = []
        for ax, panel in shown:
            dense_band(ax, panel)
            accuracy_axis(ax, panel)
            size_axis(ax, panel["bytes"])
            ends.append((ax, [_draw_line(ax, line, rows) for line in lines(panel, rows)]))
        if many(rows):
            legend(fig, handles(rows), 6)
        else:
            name_lines(fig, ends, rows)
        footer(fig, small_print(rows, "Faint: single files; line: mean over seeds per sparsity; grey: dense."))
    return fig


def _draw_line(ax: Axes, line: Line, table: pd.DataFrame) -> End:
    """Files of a method, faint if it stands out, and the line through its means."""
    means = by_level(line.rows, ["bytes", "accuracy"])
    if line.bold:
        accuracy = 100 * line.rows["accuracy"]
        ax.plot(line.rows["bytes"], accuracy, line.marker, color=line.color, alpha=0.3, ms=2.2, mew=0)
    ax.plot(means["bytes"], 100 * means["accuracy"], **look(line, table))
    return 100 * means["accuracy"].iloc[-1], line
