"""Share of weights that survive in each layer, by method, at two sparsities; mean over seeds, counted in decoded files.

Matrices only; where biases take part, they are pruned too. Darker is sparser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from surp.errors import SurpError
from surp.evaluate.compare import OURS, twin
from surp.evaluate.formats import read_counts
from surp.evaluate.names import level_of, percent, shown_levels, title
from surp.figures import lines as _lines
from surp.figures.style import PAGE, figure, footer, style

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


def draw(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Raises `SurpError` for no rows, or models without a matrix."""
    panels = _panels(rows)
    if not panels:
        raise SurpError("layers: no rows with matrices; nothing to draw")
    columns = min(2, len(panels))
    height = -(-len(panels) // columns)
    low = max(min(float(p.density.min()) for p in panels), 0.01)
    with style():
        tall = 0.19 * max(len(p.methods) for p in panels) + 0.75
        fig, axes = figure(PAGE, tall * height + 0.4, height, columns)
        for ax, panel in zip(axes, panels, strict=False):
            image = _panel(ax, panel, low)
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        bar = fig.colorbar(image, ax=axes, shrink=0.6, aspect=30, pad=0.02)
        bar.set_label("survivors (%)")
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
        seeds = sorted({int(row["seed"]) for row in rows})
        footer(fig, f"{sum(panel.files for panel in panels)} files counted; seeds {', '.join(map(str, seeds))}.")
    return fig


def _panels(rows: Sequence[Mapping[str, Any]]) -> list[_Panel]:
    result = []
    for dataset, model in sorted({(row["dataset"], row["model"]) for row in rows}):
        own = [row for row in rows if (row["dataset"], row["model"]) == (dataset, model)]
        for level in shown_levels(map(level_of, own)):
            part = [row for row in own if level_of(row) == level]
            result.append(_of(f"{title(model)} on {title(dataset)}\n{percent(level)} sparse", part))
    return [panel for panel in result if panel.layers]


def _of(heading: str, rows: Sequence[Mapping[str, Any]]) -> _Panel:
    methods = _order({str(row["method"]) for row in rows})
    counts = [(str(row["method"]), read_counts(row["tensors"])) for row in rows]
    layers = [name for name, count in counts[0][1].items() if count.matrix]
    density = np.array(
        [
            [
                100 * np.mean([c[layer].nonzero / max(c[layer].size, 1) for name, c in counts if name == method])
                for layer in layers
            ]
            for method in methods
        ]
    )
    return _Panel(heading, len(rows), methods, layers, density.reshape(len(methods), len(layers)))


def _order(names: set[str]) -> list[str]:
    first = (OURS, twin(names))
    return sorted(names, key=lambda name: (name not in first, name != OURS, name))


def _panel(ax: Axes, panel: _Panel, low: float) -> Any:
    norm = LogNorm(low, 100)
    shown = np.maximum(panel.density, low)
    image = ax.imshow(shown, cmap="cividis", norm=norm, aspect="auto")
    ax.set_title(panel.title)
    ax.grid(visible=False)
    ax.set_yticks(range(len(panel.methods)), [_lines.short(name) for name in panel.methods], fontsize=6)
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
