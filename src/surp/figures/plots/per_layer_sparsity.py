"""Share of weights that survive in each layer, by method, at two sparsities; mean over seeds, counted in decoded files.

Matrices only; where biases take part, they are pruned too. Darker is sparser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from surp.errors import SurpError
from surp.figures.lines import short
from surp.figures.style import PAGE, footer, grid, style
from surp.names import OURS, percent, ranked, shown_levels, title
from surp.summary.counted import CountedRow

NEEDS: Literal["layers"] = "layers"
_WRITTEN = 8
"""Columns up to which numbers fit into the cells."""


def draw(rows: Sequence[CountedRow]) -> Figure:
    """Raises `SurpError` for no rows, or models without a matrix."""
    panels = [panel for panel in _panels(rows) if panel[1].size]
    if not panels:
        raise SurpError("layers: no rows with matrices; nothing to draw")
    low = max(min(float(density.to_numpy().min()) for _, density, _ in panels), 0.01)
    with style():
        tall = 0.19 * max(len(density) for _, density, _ in panels) + 0.75
        fig, axes = grid(len(panels), min(2, len(panels)), PAGE, tall, 0.4)
        for ax, (heading, density, _) in zip(axes, panels, strict=True):
            image = _panel(ax, density, low)
            ax.set_title(heading)
        bar = fig.colorbar(image, ax=fig.axes, shrink=0.6, aspect=30, pad=0.02)
        bar.set_label("survivors (%)")
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
        seeds = sorted({row.seed for row in rows})
        footer(fig, f"{sum(files for *_, files in panels)} files counted; seeds {', '.join(map(str, seeds))}.")
    return fig


def _panels(rows: Sequence[CountedRow]) -> Iterator[tuple[str, pd.DataFrame, int]]:
    """Title, share of survivors in per cent (methods, layers), and how many files were counted."""
    for dataset, model in sorted({(row.dataset, row.model) for row in rows}):
        own = [row for row in rows if (row.dataset, row.model) == (dataset, model)]
        for level in shown_levels(row.level for row in own if row.level is not None):
            files = [row for row in own if row.level == level]
            shares = [
                {name: 100 * count.nonzero / max(count.size, 1) for name, count in row.tensors.items() if count.matrix}
                for row in files
            ]
            methods = [row.method for row in files]
            density = pd.DataFrame(shares).groupby(methods).mean().loc[ranked(methods)]
            yield f"{title(model)} on {title(dataset)}\n{percent(level)} sparse", density, len(files)


def _panel(ax: Axes, density: pd.DataFrame, low: float) -> Any:
    norm = LogNorm(low, 100)
    image = ax.imshow(np.maximum(density, low), cmap="cividis", norm=norm, aspect="auto")
    ax.grid(visible=False)
    ax.set_yticks(range(len(density)), [short(name) for name in density.index], fontsize=6)
    for label, name in zip(ax.get_yticklabels(), density.index, strict=True):
        label.set_fontweight("bold" if name == OURS else "normal")
    names = [name.removesuffix(".weight") for name in density.columns]
    few = len(names) <= _WRITTEN
    ax.set_xticks(range(len(names)), names, fontsize=6 if few else 4.5, rotation=0 if few else 90)
    ax.tick_params(length=0)
    ax.set_xlabel("layer")
    ax.set_ylabel("method")
    for (row, column), value in np.ndenumerate(density) if few else ():
        color = "white" if norm(max(value, low)) < 0.5 else "black"
        ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=5.5, color=color)
    return image
