"""Validation accuracy before (open, dotted) and after (filled) each fine-tune, against sparsity; mean over seeds.

Float weights, not files: a pruning that several files share counts once. The bar between two marks is the gain.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from surp.figures import _table
from surp.figures._style import DASHES, footer, legend, style

NEEDS: Literal["summary", "weights"] = "summary"
_BEFORE, _AFTER = "val_accuracy_pruned", "val_accuracy_finetuned"
_VARIANTS = ("schedule", "importance", "keep", "finetune_epochs")
"""What can change a pruned and fine-tuned model; quantizer and coder come later."""


def draw(table: pd.DataFrame) -> Figure:
    """Raises `SurpError` naming missing columns, an empty table, or one whose rows have no fine-tune."""
    rows = _table.prepare(table, [_BEFORE, _AFTER], _VARIANTS)
    rows = rows.drop_duplicates(["facet", "series", "variant", "level", "seed"])
    with style():
        fig, panels = _table.panels(rows)
        for ax, panel in panels:
            for line in _table.series(panel, rows):
                _gain(ax, line)
            _table.sparsity_axis(ax, panel["level"])
            ax.set_ylabel("validation accuracy (%)")
        before = Line2D([], [], color="black", marker="o", mfc="white", linestyle=DASHES[2], label="before fine-tune")
        after = Line2D([], [], color="black", marker="o", label="after fine-tune")
        legend(fig, [*_table.handles(rows), before, after], 2 if len(panels) == 1 else 6)
        footer(fig, _table.small_print(rows, "Mean over seeds; float weights.", "fine-tune"))
    return fig


def _gain(ax: Axes, line: _table.Series) -> None:
    """One method: two lines, and a bar from before to after at each sparsity."""
    means = _table.by_level(line.rows, [_BEFORE, _AFTER])
    x = _table.dodged(means["level"], line.offset)
    before, after = 100 * means[_BEFORE], 100 * means[_AFTER]
    ax.vlines(x, before, after, color=line.color, linewidth=2.2, alpha=0.3)
    ax.plot(x, before, color=line.color, marker=line.marker, mfc="white", linestyle=DASHES[2], linewidth=0.9)
    ax.plot(x, after, color=line.color, marker=line.marker, linestyle=line.dashes)
