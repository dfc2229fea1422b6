"""How lines of few and of many methods stay readable: weight, labels at their ends, an axis that spreads what is near.

Up to `FEW` methods all lines are alike and a legend names them. With more, SuRP and its twin are bold with intervals,
the others thin, and every line has its name at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from surp.evaluate.compare import OURS, twin
from surp.evaluate.names import title
from surp.figures import points as _table
from surp.figures.style import GREY, Color, legend

FEW = 4
_TICKS = (0, 20, 40, 60, 70, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.5, 99.8)
_LEAST_ERROR = 0.05
_TIGHT = {"shrinkA": 1, "shrinkB": 0}
_SHORT = {"global magnitude, norm-scaled": "magnitude (norm)", "global magnitude": "magnitude"}


class End(NamedTuple):
    """Where a line ends, in data, and what stands there."""

    x: float
    y: float
    text: str
    color: Color
    bold: bool


def many(table: pd.DataFrame) -> bool:
    return bool(table["series"].nunique() > FEW)


def bold(name: str, table: pd.DataFrame) -> bool:
    """Whether a method stands out: all of few, SuRP and its twin of many."""
    names = table["series"].unique()
    return not many(table) or name in (OURS, twin(names))


def look(line: _table.Series, table: pd.DataFrame) -> dict[str, Any]:
    """What `plot` and `errorbar` are given."""
    stands_out = bold(str(line.rows["series"].iloc[0]), table)
    result = {"color": line.color, "marker": line.marker, "linestyle": line.dashes, "zorder": 3 if stands_out else 2}
    if many(table):
        result |= {"linewidth": 1.7, "markersize": 3.4} if stands_out else {"linewidth": 0.7, "markersize": 2.0}
    return result


def end(line: _table.Series, x: Any, y: Any, table: pd.DataFrame) -> End:
    name = str(line.rows["series"].iloc[0])
    return End(float(np.asarray(x)[-1]), float(np.asarray(y)[-1]), short(name), line.color, bold(name, table))


def short(name: str) -> str:
    """A method's name where there is little room."""
    return _SHORT.get(title(name), title(name))


def name_lines(fig: Figure, ends: Sequence[tuple[Axes, Sequence[End]]], table: pd.DataFrame, panels: int) -> None:
    """One legend for few methods; for many, names at the ends of lines, and a legend of what is no method."""
    dense = Line2D([], [], color=GREY, linewidth=0.9, label="dense")
    entries = _table.handles(table)
    if not many(table):
        legend(fig, [*entries, dense], 3 if panels == 1 else 6)
        return
    for ax, own in ends:
        label_ends(ax, own)
    legend(fig, [*entries[table["series"].nunique() :], dense], 6)


def label_ends(ax: Axes, ends: Sequence[End], gap: float = 0.062) -> None:
    """Names right of the axes, moved apart by at least `gap` of their height; a thin line leads to each end."""
    low, high = ax.transData.inverted().transform(ax.transAxes.transform([(0, 0), (0, 1)]))[:, 1]
    shown = sorted((e for e in ends if np.isfinite(e.y)), key=lambda e: e.y)
    places = [_place(ax, float(np.clip(e.y, low, high))) for e in shown]
    for e, at, place in zip(shown, places, spread(places, gap), strict=True):
        ax.annotate(
            e.text,
            xy=(1.0, at),
            xytext=(1.06, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            fontsize=5.8 if e.bold else 5.2,
            fontweight="bold" if e.bold else "normal",
            color=tuple(0.75 * part for part in e.color),
            va="center",
            arrowprops={"arrowstyle": "-", "color": e.color, "linewidth": 0.4, "relpos": (0, 0.5)} | _TIGHT,
        )


def _place(ax: Axes, y: float) -> float:
    """Height of a value as a fraction of the axes."""
    return float(ax.transAxes.inverted().transform(ax.transData.transform((ax.get_xlim()[1], y)))[1])


def spread(places: Sequence[float], gap: float) -> list[float]:
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


def accuracy_axis(ax: Axes, percent: pd.Series) -> None:
    """Accuracy in per cent; where errors differ by more than a factor of three, on a logarithmic axis of the error."""
    errors = np.maximum(100 - percent.to_numpy(dtype=np.float64), _LEAST_ERROR)
    ax.set_ylabel("test accuracy (%)")
    if errors.max() <= 3 * errors.min():
        return
    ax.set_yscale("function", functions=(_spread_out, _gathered))
    low, high = 100 - errors.max() * 1.15, 100 - errors.min() / 1.15
    ax.set_ylim(low, high)
    ax.yaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))


def _spread_out(accuracy: Any) -> Any:
    return -np.log10(np.maximum(100 - np.asarray(accuracy, dtype=np.float64), 1e-3))


def _gathered(value: Any) -> Any:
    return 100 - 10 ** -np.asarray(value, dtype=np.float64)


def _ticks(low: float, high: float) -> list[float]:
    """Those that are apart by a twelfth of the axis."""
    chosen: list[float] = []
    least = (_spread_out(high) - _spread_out(low)) / 12
    for tick in reversed([t for t in _TICKS if low <= t <= high]):
        if not chosen or _spread_out(chosen[-1]) - _spread_out(tick) >= least:
            chosen.append(tick)
    return chosen
