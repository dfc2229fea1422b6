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

from surp.comparison.cells import Judgement, against, baselines, cells, main_rows
from surp.errors import SurpError
from surp.figures.axes import dodged, set_ticks, sparsity_axis
from surp.figures.lines import short
from surp.figures.rows import prepare, small_print
from surp.figures.style import GREY, MARKERS, PALETTE, Color, footer, legend, narrow_grid, style
from surp.names import OURS, ranked, title
from surp.summary.frame import origin

NEEDS: Literal["summary"] = "summary"
COMPARES = True
"""Drawn of suites with SuRP and at least one other method."""
_LINEAR = 0.5
_TICKS = {1.0: (0.0, 0.25, 0.5, 1.0), 10.0: (0.0, 0.5, 2.0, 5.0), np.inf: (0.0, 0.5, 5.0, 50.0)}
"""Marks of the axis by the farthest difference: a panel has room for a handful."""
Looks = dict[tuple[str, str], tuple[Color, str]]


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` for a table without rows, without SuRP or without a baseline."""
    rows = prepare(table, ["accuracy"])
    every = cells(main_rows(rows))
    names = ranked(name for cell in every for name in baselines(cell))
    judged = {name: found for name in names if (found := against(every, name))}
    if not judged:
        raise SurpError(f"{origin(table)}: no sparsity at which {title(OURS)} and a baseline have the same seeds")
    all_judged = [judgement for found in judged.values() for judgement in found]
    places = sorted({judgement.cell.place[:2] for judgement in all_judged})
    looks = {place: (PALETTE[k % len(PALETTE)], MARKERS[k % len(MARKERS)]) for k, place in enumerate(places)}
    with style():
        fig, axes = narrow_grid(len(judged))
        for ax, (name, found) in zip(axes, judged.items(), strict=True):
            _panel(ax, found, looks)
            ax.set_title(short(name))
        _difference_axis(axes, all_judged)
        fig.supylabel("SuRP - baseline (points of test accuracy)", fontsize=7.5)
        legend(fig, _handles(looks), 2 if len(judged) <= 2 else 5)
        footer(fig, small_print(rows, "Mean and 95 % t-interval of paired differences; filled: without 0."))
    return fig


def _panel(ax: Axes, judgements: Sequence[Judgement], looks: Looks) -> None:
    ax.axhline(0, color=GREY, linewidth=0.9, zorder=1)
    levels = pd.Series(sorted({j.cell.sparsity for j in judgements}))
    for k, (place, (color, marker)) in enumerate(looks.items()):
        own = [j for j in judgements if j.cell.place[:2] == place]
        if not own:
            continue
        x = dodged(pd.Series([j.cell.sparsity for j in own]), (2 * k + 1) / len(looks) - 1)
        for at, judgement in zip(x, own, strict=True):
            _mark(ax, float(at), judgement, color, marker)
    sparsity_axis(ax, levels)
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
        set_ticks(ax.yaxis, [sign * tick for tick in ticks for sign in (-1, 1)], lambda y: f"{y:+g}" if y else "0")
        ax.tick_params(axis="y", labelsize=6)
    low = 100 * min(j.difference.mean - np.nan_to_num(j.difference.half) for j in judgements)
    high = 100 * max(j.difference.mean + np.nan_to_num(j.difference.half) for j in judgements)
    axes[0].set_ylim(min(1.2 * low, -0.3), max(1.2 * high, 0.3))


def _handles(looks: Looks) -> list[Line2D]:
    return [
        Line2D([], [], color=color, marker=marker, linestyle="", label=f"{title(dataset)}, {title(model)}")
        for (dataset, model), (color, marker) in looks.items()
    ]
