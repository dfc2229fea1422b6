"""Test error against bytes of every file, with the front of each coder and, lettered, published results.

A front joins the files that no other file of the same coder beats in both. It is drawn of single files on the test
set, so its low end is a little lucky; sizes at matched accuracy are chosen on validation images (table `matched_size`).
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from surp.figures.axes import set_ticks, size_axis
from surp.figures.lines import panels
from surp.figures.published import PublishedSize, published
from surp.figures.rows import prepare, small_print
from surp.figures.style import GREY, MARKERS, PALETTE, Color, footer, legend, style
from surp.names import OURS, title

NEEDS: Literal["summary"] = "summary"
_MOST = 8.0
"""Errors above so many times the dense network's are left out."""
_TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 90)


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` for a table without rows, or with files without size."""
    rows = prepare(table, ["bytes", "accuracy", "dense_accuracy"], every=True)
    rows["error"] = 100 * (1 - rows["accuracy"])
    looks, key = _looks(rows), []
    with style():
        fig, shown = panels(rows, 3.1)
        for ax, panel in shown:
            key += _panel(ax, panel, looks)
        legend(fig, _handles(rows, looks, bool(key)), 3 if len(shown) == 1 else 7)
        left_out = f"Errors above {_MOST:g} times the dense one are left out."
        footer(fig, " ".join([small_print(rows, f"One mark a file. {left_out}") + ".", *key]))
    return fig


def _looks(rows: pd.DataFrame) -> dict[str, tuple[Color, str]]:
    """Colour and marker of each coder; ours, which has the most files, is first."""
    names = list(rows["coder"].value_counts(sort=True).index)
    return {name: (PALETTE[k % len(PALETTE)], MARKERS[k % len(MARKERS)]) for k, name in enumerate(names)}


def _panel(ax: Axes, panel: pd.DataFrame, looks: dict[str, tuple[Color, str]]) -> list[str]:
    """One data set and model; returns what its letters stand for."""
    dense = float(100 * (1 - panel["dense_accuracy"].mean()))
    near = panel[panel["error"] <= _MOST * max(dense, 0.1)]
    ax.axhline(dense, color=GREY, linewidth=0.9, zorder=1)
    for name, (color, marker) in looks.items():
        own = near[near["coder"] == name]
        ours = own["method"] == OURS
        ax.plot(own["bytes"][~ours], own["error"][~ours], marker, color=color, ms=1.8, mew=0, alpha=0.35, ls="")
        ax.plot(own["bytes"][ours], own["error"][ours], marker, color=color, ms=2.6, mew=0.5, mec="black", ls="")
        edge = front(own["bytes"], own["error"])
        if edge:
            ax.plot(*zip(*edge, strict=True), color=color, linewidth=1.3, drawstyle="steps-post", zorder=3)
    points = published(panel["dataset"].iloc[0], panel["model"].iloc[0], float(panel["dense_bytes"].mean()))
    _letters(ax, points)
    size_axis(ax, [*near["bytes"], *(point.bytes for point in points)])
    _error_axis(ax, [*near["error"], dense, *(point.error_percent for point in points)])
    names = [f"{letter} {point.method}" for letter, point in zip(ascii_lowercase, points, strict=False)]
    return [f"{panel['facet'].iloc[0]}: {'; '.join(names)}."] if names else []


def front(sizes: Sequence[float], errors: Sequence[float]) -> list[tuple[float, float]]:
    """The (size, error) that no other has a smaller or equal size and error than, by size."""
    result: list[tuple[float, float]] = []
    for size, error in sorted(zip(sizes, errors, strict=True)):
        if not result or error < result[-1][1]:
            result.append((float(size), float(error)))
    return result


def _letters(ax: Axes, points: Sequence[PublishedSize]) -> None:
    """A cross each with its letter; hollow where the size is worked out of a ratio."""
    for k, (letter, point) in enumerate(zip(ascii_lowercase, points, strict=False)):
        face = "black" if point.stated else "white"
        ax.plot([point.bytes], [point.error_percent], "D", color="black", mfc=face, ms=2.6, mew=0.6, zorder=4)
        ax.annotate(
            letter,
            (point.bytes, point.error_percent),
            xytext=(0, 4 if k % 2 else -8),
            textcoords="offset points",
            ha="center",
            fontsize=6,
            zorder=5,
        )


def _error_axis(ax: Axes, errors: Sequence[float]) -> None:
    """Logarithmic where errors differ by more than a factor of two."""
    ax.set_ylabel("test error (%)")
    if max(errors) <= 2 * min(errors):
        return
    low, high = min(errors) / 1.15, max(errors) * 1.15
    ax.set_yscale("log")
    ax.set_ylim(max(low, 0.05), high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    set_ticks(ax.yaxis, ticks)
    if len(ticks) < 2:
        ax.yaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))


def _handles(rows: pd.DataFrame, looks: dict[str, tuple[Color, str]], letters: bool) -> list[Line2D]:
    result = [Line2D([], [], color=c, marker=m, label=title(name)) for name, (c, m) in looks.items()]
    if (rows["method"] == OURS).any():
        result.append(Line2D([], [], color="white", marker="o", mec="black", mew=0.5, label="pruned by SuRP"))
    result.append(Line2D([], [], color=GREY, linewidth=0.9, label="dense"))
    if letters:
        result.append(Line2D([], [], color="black", marker="D", linestyle="", label="published"))
    return result
