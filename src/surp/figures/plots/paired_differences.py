"""SuRP's test accuracy less that of each baseline on the same seeds: mean and 95 % t-interval at each sparsity.

Filled: the interval does not hold zero. The axis is linear up to half a point and logarithmic beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from surp.errors import SurpError
from surp.evaluate.compare import OURS, Judgement, against, baselines, cells, main_rows, twin
from surp.evaluate.names import title
from surp.figures import lines as _lines
from surp.figures import points as _table
from surp.figures.style import COLUMN, GREY, MARKERS, PAGE, PALETTE, Color, figure, footer, legend, style

NEEDS: Literal["summary"] = "summary"
COMPARES = True
"""Drawn of suites with SuRP and at least one other method."""
_LINEAR = 0.5
_TICKS = {1.0: (0.0, 0.25, 0.5, 1.0), 10.0: (0.0, 0.5, 2.0, 5.0), np.inf: (0.0, 0.5, 5.0, 50.0)}
"""Marks of the axis by the farthest difference: a panel has room for a handful."""
Looks = dict[tuple[str, str], tuple[Color, str]]


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` naming missing columns, an empty table, or one without SuRP or without a baseline."""
    rows = _table.prepare(table, ["accuracy"])
    every = cells(main_rows(rows.assign(**_axes_of(rows), target_sparsity=rows["level"])))
    names = _rivals({name for cell in every for name in baselines(cell)})
    judged = {name: found for name in names if (found := against(every, name))}
    if not judged:
        where = table.attrs.get("path", "summary.csv")
        raise SurpError(f"{where}: no sparsity at which {title(OURS)} and a baseline have the same seeds")
    places = sorted({(j.cell.dataset, j.cell.model) for found in judged.values() for j in found})
    looks = {place: (PALETTE[k % len(PALETTE)], MARKERS[k % len(MARKERS)]) for k, place in enumerate(places)}
    columns = min(4, len(judged))
    height = -(-len(judged) // columns)
    with style():
        width = COLUMN if columns <= 2 else PAGE
        fig, axes = figure(width, (1.9 if columns <= 2 else 1.5) * height + 0.8, height, columns, sharey=True)
        for ax, (name, found) in zip(axes, judged.items(), strict=False):
            _panel(ax, found, looks)
            ax.set_title(_lines.short(name))
        for ax in axes[len(judged) :]:
            ax.set_visible(False)
        _difference_axis(axes, [j for found in judged.values() for j in found])
        fig.supylabel("SuRP - baseline (points of test accuracy)", fontsize=7.5)
        legend(fig, _handles(looks), 2 if columns <= 2 else 5)
        footer(fig, _table.small_print(rows, "Mean and 95 % t-interval of paired differences; filled: without 0."))
    return fig


def _axes_of(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Quantizer and coder as texts, where the table lacks them."""
    return {name: rows[name].astype(str) if name in rows else "" for name in ("quantizer", "coder")}


def _rivals(names: set[str]) -> list[str]:
    """The twin first."""
    first = twin(names)
    return sorted(names, key=lambda name: (name != first, name))


def _panel(ax: Axes, judgements: Sequence[Judgement], looks: Looks) -> None:
    ax.axhline(0, color=GREY, linewidth=0.9, zorder=1)
    levels = pd.Series(sorted({j.cell.sparsity for j in judgements}))
    for k, (place, (color, marker)) in enumerate(looks.items()):
        own = [j for j in judgements if (j.cell.dataset, j.cell.model) == place]
        if not own:
            continue
        x = _table.dodged(pd.Series([j.cell.sparsity for j in own]), (2 * k + 1) / len(looks) - 1)
        for at, judgement in zip(x, own, strict=True):
            _mark(ax, float(at), judgement, color, marker)
    _table.sparsity_axis(ax, levels)
    ax.tick_params(axis="x", labelsize=5.5)
    ax.set_xlabel("sparsity (%)")


def _mark(ax: Axes, x: float, judgement: Judgement, color: Color, marker: str) -> None:
    mean, half = 100 * judgement.difference.mean, 100 * judgement.difference.half
    face = color if judgement.verdict in ("wins", "loses") else "white"
    bar: dict[str, Any] = {"yerr": [half], "elinewidth": 0.7, "capsize": 1.5, "capthick": 0.7} if half == half else {}
    ax.errorbar([x], [mean], **bar, color=color, marker=marker, mfc=face, ms=2.8, mew=0.7, linestyle="")


def _difference_axis(axes: Sequence[Axes], judgements: Sequence[Judgement]) -> None:
    reach = [np.nan_to_num(j.difference.half) + abs(j.difference.mean) for j in judgements]
    most = 100 * max(reach)
    ticks = next(marks for limit, marks in _TICKS.items() if most <= limit)
    for ax in axes:
        ax.set_yscale("symlog", linthresh=_LINEAR, linscale=1)
        ax.yaxis.set_major_locator(FixedLocator([s * t for t in ticks for s in (-1, 1)]))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.tick_params(axis="y", labelsize=6)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:+g}" if y else "0"))
    low = 100 * min(j.difference.mean - np.nan_to_num(j.difference.half) for j in judgements)
    high = 100 * max(j.difference.mean + np.nan_to_num(j.difference.half) for j in judgements)
    axes[0].set_ylim(min(1.2 * low, -0.3), max(1.2 * high, 0.3))


def _handles(looks: Looks) -> list[Line2D]:
    return [
        Line2D([], [], color=color, marker=marker, linestyle="", label=f"{title(dataset)}, {title(model)}")
        for (dataset, model), (color, marker) in looks.items()
    ]
