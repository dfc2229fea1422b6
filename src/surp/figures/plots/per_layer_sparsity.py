"""Share of weights that survive in each layer, by method, at two sparsities; mean over seeds, counted in decoded files.

Matrices only; where biases take part, they are pruned too. Darker is sparser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from surp.errors import SurpError
from surp.figures.lines import short
from surp.figures.style import PAGE, footer, grid, style
from surp.names import OURS, percent, ranked, shown_levels, title
from surp.summary.counted import CountedRow

NEEDS: Literal["layers"] = "layers"
_WRITTEN = 8
"""Columns up to which numbers fit into the cells."""


class _Panel(NamedTuple):
    """density: percent, shape (methods, layers)."""

    title: str
    files: int
    methods: list[str]
    layers: list[str]
    density: NDArray[np.float64]


def draw(rows: Sequence[CountedRow]) -> Figure:
    """Raises `SurpError` for no rows, or models without a matrix."""
    panels = _panels(rows)
    if not panels:
        raise SurpError("layers: no rows with matrices; nothing to draw")
    low = max(min(float(p.density.min()) for p in panels), 0.01)
    with style():
        tall = 0.19 * max(len(p.methods) for p in panels) + 0.75
        fig, axes = grid(len(panels), min(2, len(panels)), PAGE, tall, 0.4)
        for ax, panel in zip(axes, panels, strict=True):
            image = _panel(ax, panel, low)
        bar = fig.colorbar(image, ax=fig.axes, shrink=0.6, aspect=30, pad=0.02)
        bar.set_label("survivors (%)")
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
        seeds = sorted({row.seed for row in rows})
        footer(fig, f"{sum(panel.files for panel in panels)} files counted; seeds {', '.join(map(str, seeds))}.")
    return fig


def _panels(rows: Sequence[CountedRow]) -> list[_Panel]:
    result = []
    for dataset, model in sorted({(row.dataset, row.model) for row in rows}):
        own = [row for row in rows if (row.dataset, row.model) == (dataset, model)]
        for level in shown_levels(row.level for row in own if row.level is not None):
            part = [row for row in own if row.level == level]
            result.append(_counted(f"{title(model)} on {title(dataset)}\n{percent(level)} sparse", part))
    return [panel for panel in result if panel.layers]


def _counted(heading: str, rows: Sequence[CountedRow]) -> _Panel:
    methods = ranked(row.method for row in rows)
    layers = [name for name, count in rows[0].tensors.items() if count.matrix]
    density = np.zeros((len(methods), len(layers)))
    for place in np.ndindex(density.shape):
        method, layer = methods[place[0]], layers[place[1]]
        counts = [row.tensors[layer] for row in rows if row.method == method]
        density[place] = 100 * np.mean([count.nonzero / max(count.size, 1) for count in counts])
    return _Panel(heading, len(rows), methods, layers, density)


def _panel(ax: Axes, panel: _Panel, low: float) -> Any:
    norm = LogNorm(low, 100)
    shown = np.maximum(panel.density, low)
    image = ax.imshow(shown, cmap="cividis", norm=norm, aspect="auto")
    ax.set_title(panel.title)
    ax.grid(visible=False)
    ax.set_yticks(range(len(panel.methods)), [short(name) for name in panel.methods], fontsize=6)
    for label, name in zip(ax.get_yticklabels(), panel.methods, strict=True):
        label.set_fontweight("bold" if name == OURS else "normal")
    few = len(panel.layers) <= _WRITTEN
    names = [name.removesuffix(".weight") for name in panel.layers]
    ax.set_xticks(range(len(names)), names, fontsize=6 if few else 4.5, rotation=0 if few else 90)
    ax.tick_params(length=0)
    ax.set_xlabel("layer")
    ax.set_ylabel("method")
    for (row, column), value in np.ndenumerate(panel.density) if few else ():
        light = norm(max(value, low)) < 0.5
        color = "white" if light else "black"
        ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=5.5, color=color)
    return image
