"""The lines of a figure, one for each series, and how they stay readable where there are many.

Up to `FEW` methods all lines are alike and a legend names them. With more, SuRP and its twin are bold with intervals,
the others thin, and every line has its name at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from surp.comparison.cells import estimate
from surp.figures.style import COLUMN, DASHES, GREY, PAGE, Color, grid, legend, looks
from surp.names import OURS, title, twin

FEW = 4
_TIGHT = {"shrinkA": 1, "shrinkB": 0}
_SHORT = {"global magnitude, norm-scaled": "magnitude (norm)", "global magnitude": "magnitude"}


class Line(NamedTuple):
    """The rows of one line, and its look.

    offset: place among the lines of its panel, in [-1, 1]. bold: whether it stands out: all of few, SuRP and its twin
    of many.
    """

    name: str
    rows: pd.DataFrame
    color: Color
    marker: str
    dashes: Any
    offset: float
    bold: bool


End = tuple[float, Line]
"""The value at which a line ends."""


def panels(table: pd.DataFrame, height: float | None = None) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """One panel per data set and model: one column wide for one panel, else two beside each other."""
    names = sorted(table["facet"].unique())
    columns = min(2, len(names))
    tall = height or (2.9 if many(table) else 2.5)
    fig, axes = grid(len(names), columns, COLUMN if columns == 1 else PAGE, tall, 0.3)
    for ax, name in zip(axes, names, strict=True):
        ax.set_title(name)
    return fig, [(ax, table[table["facet"] == name]) for ax, name in zip(axes, names, strict=True)]


def lines(panel: pd.DataFrame, table: pd.DataFrame) -> Iterator[Line]:
    """The lines of a panel; looks are those of the whole table, so that panels agree."""
    look = looks(table["series"].unique())
    order = list(look)
    dashes = _dashes(table)
    groups = sorted(panel.groupby(["series", "variant"]), key=lambda item: (order.index(item[0][0]), item[0][1]))
    for k, ((name, variant), rows) in enumerate(groups):
        color, marker = look[name]
        bold = not many(table) or name in (OURS, twin(look))
        yield Line(str(name), rows, color, marker, dashes[variant], (2 * k + 1) / len(groups) - 1, bold)


def handles(table: pd.DataFrame) -> list[Line2D]:
    """Legend entries: a colour per method, then a line style per variant if there are several."""
    look = looks(table["series"].unique())
    result = [Line2D([], [], color=c, marker=m, label=title(name)) for name, (c, m) in look.items()]
    dashes = _dashes(table)
    if len(dashes) > 1:
        result += [Line2D([], [], color="black", linestyle=d, label=title(name)) for name, d in dashes.items()]
    return result


def _dashes(table: pd.DataFrame) -> dict[str, Any]:
    """The line style of each variant."""
    return {name: DASHES[k % len(DASHES)] for k, name in enumerate(sorted(table["variant"].unique()))}


def dense_band(ax: Axes, panel: pd.DataFrame) -> None:
    """The dense model: mean and 95 % t-interval over seeds."""
    dense = estimate(panel.groupby("seed")["dense_accuracy"].mean())
    ax.axhline(100 * dense.mean, color=GREY, linewidth=0.9, zorder=1)
    if dense.half == dense.half:
        ax.axhspan(100 * dense.low, 100 * dense.high, color=GREY, alpha=0.18, linewidth=0, zorder=0)


def many(table: pd.DataFrame) -> bool:
    return bool(table["series"].nunique() > FEW)


def look(line: Line, table: pd.DataFrame) -> dict[str, Any]:
    """What `plot` and `errorbar` are given."""
    result = {"color": line.color, "marker": line.marker, "linestyle": line.dashes, "zorder": 3 if line.bold else 2}
    if many(table):
        result |= {"linewidth": 1.7, "markersize": 3.4} if line.bold else {"linewidth": 0.7, "markersize": 2.0}
    return result


def short(name: str) -> str:
    """A method's name where there is little room."""
    return _SHORT.get(title(name), title(name))


def name_lines(fig: Figure, ends: Sequence[tuple[Axes, Sequence[End]]], table: pd.DataFrame) -> None:
    """One legend for few methods; for many, names at the ends of lines, and a legend of what is no method."""
    dense = Line2D([], [], color=GREY, linewidth=0.9, label="dense")
    entries = handles(table)
    if not many(table):
        legend(fig, [*entries, dense], 3 if len(ends) == 1 else 6)
        return
    for ax, own in ends:
        _label_ends(ax, own)
    legend(fig, [*entries[table["series"].nunique() :], dense], 6)


def _label_ends(ax: Axes, ends: Sequence[End], gap: float = 0.062) -> None:
    """Names right of the axes, moved apart by at least `gap` of their height; a thin line leads to each end."""
    low, high = ax.transData.inverted().transform(ax.transAxes.transform([(0, 0), (0, 1)]))[:, 1]
    shown = sorted(((y, line) for y, line in ends if np.isfinite(y)), key=lambda end: end[0])
    places = [_place(ax, float(np.clip(y, low, high))) for y, _ in shown]
    for (_, line), at, place in zip(shown, places, moved_apart(places, gap), strict=True):
        ax.annotate(
            short(line.name),
            xy=(1.0, at),
            xytext=(1.06, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            fontsize=5.8 if line.bold else 5.2,
            fontweight="bold" if line.bold else "normal",
            color=tuple(0.75 * part for part in line.color),
            va="center",
            arrowprops={"arrowstyle": "-", "color": line.color, "linewidth": 0.4, "relpos": (0, 0.5)} | _TIGHT,
        )


def _place(ax: Axes, y: float) -> float:
    """Height of a value as a fraction of the axes."""
    return float(ax.transAxes.inverted().transform(ax.transData.transform((ax.get_xlim()[1], y)))[1])


def moved_apart(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places moved apart to at least `gap`, as little as possible, about their common middle."""
    blocks: list[list[float]] = []  # [sum of wanted first places, members]
    for place in places:
        blocks.append([place, 1])
        while len(blocks) > 1 and _first(blocks[-2]) + blocks[-2][1] * gap > _first(blocks[-1]):
            total, members = blocks.pop()
            blocks[-1][0] += total - members * blocks[-1][1] * gap
            blocks[-1][1] += members
    return [_first(block) + k * gap for block in blocks for k in range(int(block[1]))]


def _first(block: Sequence[float]) -> float:
    return block[0] / block[1]
