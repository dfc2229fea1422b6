"""Test accuracy of the decoded files against sparsity: mean and 95 % t-interval over seeds; grey: the dense model.

A colour is a method, a line style whatever else varies in the table (quantizer, schedule, ...).
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from surp.figures import _table
from surp.figures._style import GREY, footer, legend, style

NEEDS: Literal["summary", "weights"] = "summary"


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` naming missing columns, an empty table, or values that are no numbers."""
    rows = _table.prepare(table, ["accuracy", "dense_accuracy"])
    with style():
        fig, panels = _table.panels(rows)
        for ax, panel in panels:
            dense_band(ax, panel)
            for line in _table.series(panel, rows):
                means = _table.by_level(line.rows, ["accuracy"])
                ax.errorbar(
                    _table.dodged(means["level"], line.offset),
                    100 * means["accuracy"],
                    yerr=100 * means["accuracy_half"].fillna(0),
                    color=line.color,
                    marker=line.marker,
                    linestyle=line.dashes,
                    elinewidth=0.7,
                    capsize=1.5,
                    capthick=0.7,
                )
            _table.sparsity_axis(ax, panel["level"])
            ax.set_ylabel("test accuracy (%)")
        handles = [*_table.handles(rows), Line2D([], [], color=GREY, linewidth=0.9, label="dense")]
        legend(fig, handles, 3 if len(panels) == 1 else 6)
        footer(fig, _table.small_print(rows, "Mean and 95 % t-interval over seeds; grey: dense."))
    return fig


def dense_band(ax: Axes, panel: pd.DataFrame) -> None:
    """The dense model: mean and 95 % t-interval over seeds."""
    mean, half = _table.interval(panel.groupby("seed")["dense_accuracy"].mean())
    ax.axhline(100 * mean, color=GREY, linewidth=0.9, zorder=1)
    if half == half:
        ax.axhspan(100 * (mean - half), 100 * (mean + half), color=GREY, alpha=0.18, linewidth=0, zorder=0)
