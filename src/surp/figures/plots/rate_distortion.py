"""Rate against distortion for ideal Laplacian data and for the matrices of a real model.

limit: R(D). successive: real bytes of one file, cut after each pass. Scalar quantizers: ideal entropy. SuRP's index
stream: ideal cost of sending one index a step, as the paper does (`surp.evaluate.rate_curves`).
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from surp.evaluate.rate_curves import MOST_BITS, curves, ideal
from surp.figures.axes import set_ticks
from surp.figures.style import DASHES, GREY, PAGE, PALETTE, footer, grid, legend, style
from surp.tensors.state import State, takes_part

NEEDS: Literal["summary", "weights"] = "weights"
_LOOKS: dict[str, dict[str, Any]] = {
    "limit": {"label": "limit R(D), Laplacian", "color": "black", "linewidth": 1.4},
    "successive": {"label": "successive (file bytes)", "color": PALETTE[3], "marker": "o"},
    "dead_zone": {"label": "best dead zone (entropy)", "color": PALETTE[2], "linestyle": DASHES[1]},
    "uniform": {"label": "uniform (entropy)", "color": GREY, "linestyle": DASHES[2]},
    "reference": {"label": "SuRP index stream (ideal)", "color": PALETTE[0], "linestyle": DASHES[3]},
}


def draw(state: State, title: str) -> Figure:
    """Raises `WeightsError` for a model without a matrix that holds a weight other than zero."""
    data, real = ideal(), curves(state)
    tables = [curves(data), real]
    sizes = [sum(w.size for n, w in model.items() if takes_part(n, w, "matrices")) for model in (data, state)]
    with style():
        fig, axes = grid(2, 2, PAGE, 2.75, sharex=True, sharey=True)
        for ax, table, panel in zip(axes, tables, ("ideal Laplacian data", title), strict=True):
            _panel(ax, table)
            ax.set_title(panel)
        axes[0].set_ylabel("distortion, mean |error| / mean |weight|")
        legend(fig, [Line2D([], [], **look) for look in _LOOKS.values()], 5)
        footer(fig, f"n = {sizes[0]} (seed 0) and {sizes[1]} weights in matrices; alpha = 10, seed 0 for SuRP's draws.")
    return fig


def _panel(ax: Axes, table: pd.DataFrame) -> None:
    for name, look in _LOOKS.items():
        points = table[table["curve"] == name]
        ax.plot(points["rate_bits"], points["distortion"], **look)
    ax.set_yscale("log")
    ax.set_xlim(0, MOST_BITS)
    ax.set_ylim(0.05, 1.05)
    set_ticks(ax.yaxis, [0.05, 0.1, 0.2, 0.5, 1])
    ax.set_xlabel("rate (bits per weight)")
