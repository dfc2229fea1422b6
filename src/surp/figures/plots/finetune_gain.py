"""Validation accuracy before (open, dotted) and after (filled) each fine-tune, against sparsity; mean over seeds.

Float weights, not files: a pruning that several files share counts once. The bar between two marks is the gain.
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from surp.figures.axes import density, sparsity_axis
from surp.figures.lines import short
from surp.figures.rows import by_level, prepare, small_print
from surp.figures.style import DASHES, PALETTE, Color, footer, legend, looks, narrow_grid, style

NEEDS: Literal["summary", "weights"] = "summary"
_BEFORE, _AFTER = "val_accuracy_pruned", "val_accuracy_finetuned"
_VARIANTS = ("schedule", "importance", "keep", "finetune_epochs")
"""What can change a pruned and fine-tuned model; quantizer and coder come later."""


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` for a table without rows, or one whose rows have no fine-tune."""
    rows = prepare(table, [_BEFORE, _AFTER], _VARIANTS)
    rows = rows.drop_duplicates(["facet", "series", "variant", "level", "seed"])
    names = list(looks(rows["series"].unique()))
    with style():
        fig, axes = narrow_grid(len(names))
        for ax, name in zip(axes, names, strict=True):
            _panel(ax, rows[rows["series"] == name], rows)
            ax.set_title(short(name))
        fig.supylabel("validation accuracy (%)", fontsize=7.5)
        legend(fig, _handles(rows), 2 if len(names) <= 2 else 5)
        footer(fig, small_print(rows, "Mean over seeds; float weights.", "fine-tune"))
    return fig


def _panel(ax: Axes, panel: pd.DataFrame, table: pd.DataFrame) -> None:
    """One method: a colour for each data set and model, a line style for each variant."""
    colors, variants = _facets(table), sorted(table["variant"].unique())
    for (facet, variant), rows in panel.groupby(["facet", "variant"], sort=True):
        _gain(ax, rows, colors[facet], DASHES[variants.index(variant) % len(DASHES)])
    sparsity_axis(ax, panel["level"])
    ax.tick_params(axis="x", labelsize=5.5)
    ax.set_xlabel("sparsity (%)")


def _facets(table: pd.DataFrame) -> dict[str, Color]:
    return dict(zip(sorted(table["facet"].unique()), PALETTE, strict=False))


def _gain(ax: Axes, rows: pd.DataFrame, color: Color, dashes: Any) -> None:
    """Two lines, and a bar from before to after at each sparsity."""
    means = by_level(rows, [_BEFORE, _AFTER])
    x = density(means["level"])
    before, after = 100 * means[_BEFORE], 100 * means[_AFTER]
    ax.vlines(x, before, after, color=color, linewidth=2.2, alpha=0.3)
    ax.plot(x, before, color=color, marker="o", mfc="white", linestyle=DASHES[2], linewidth=0.9)
    ax.plot(x, after, color=color, marker="o", linestyle=dashes)


def _handles(table: pd.DataFrame) -> list[Line2D]:
    facets = _facets(table)
    marks = [Line2D([], [], color=color, label=name) for name, color in facets.items()]
    before = Line2D([], [], color="black", marker="o", mfc="white", linestyle=DASHES[2], label="before fine-tune")
    return [*marks, before, Line2D([], [], color="black", marker="o", label="after fine-tune")]
