"""From a pruned model in a plain sparse format to its `.surp` file: what each kind of byte adds to the factor.

CSR: float32 values, 32-bit column indices, row pointers. Bitmap: one bit a weight, float32 survivors. Biases are dense
float32 in both. The steps lead from the bitmap to the file, whose parts are those of `surp breakdown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from surp.errors import SurpError
from surp.evaluate.formats import parts_of_bitmap, parts_of_csr
from surp.figures.lines import short
from surp.figures.style import COLUMN, GREY, PAGE, PALETTE, Color, footer, grid, legend, style
from surp.names import OURS, percent, title
from surp.summary.counted import CountedRow

NEEDS: Literal["breakdown"] = "breakdown"
_COLORS: dict[str, Color] = {
    "index": PALETTE[0],
    "values": PALETTE[1],
    "sign": PALETTE[2],
    "magnitude": PALETTE[3],
    "biases": PALETTE[4],
    "header": GREY,
}
_SAVED: Color = (0.86, 0.86, 0.86)


class _Bar(NamedTuple):
    """A bar from `bottom` upwards: parts in bytes, or a step with its change."""

    label: str
    parts: Mapping[str, float]
    bottom: float = 0.0
    step: float | None = None


def draw(rows: Sequence[CountedRow]) -> Figure:
    """One panel for each model and sparsity: SuRP's file, and beside it those of the other methods of `rows`.

    Raises `SurpError` for no rows.
    """
    if not rows:
        raise SurpError("breakdown: no rows; nothing to draw")
    groups: dict[tuple[str, str, float], list[CountedRow]] = {}
    for row in sorted(rows, key=lambda row: (row.method != OURS, row.method)):
        groups.setdefault((row.dataset, row.model, row.level or 0.0), []).append(row)
    columns = min(2, len(groups))
    with style():
        fig, axes = grid(len(groups), columns, COLUMN if columns == 1 else PAGE, 2.6, 0.5)
        for ax, ((dataset, model, level), own) in zip(axes, sorted(groups.items()), strict=True):
            _panel(ax, own)
            ax.set_title(f"{title(model)} on {title(dataset)}, {percent(level)} sparse")
        handles = [Patch(color=color, label=name) for name, color in _COLORS.items()]
        legend(fig, [*handles, Patch(color=_SAVED, label="saved")], 4 if columns == 1 else 7)
        pairs = sorted({(row.quantizer, row.coder, row.seed) for row in rows})
        footer(fig, "; ".join(f"Quantizer {q}, coder {c}, seed {s}" for q, c, s in pairs) + ".")
    return fig


def _panel(ax: Axes, rows: Sequence[CountedRow]) -> None:
    bars = bars_of(rows)
    for x, bar in enumerate(bars):
        bottom = bar.bottom
        for name, size in bar.parts.items():
            color = _SAVED if bar.step is not None and bar.step < 0 else _COLORS[name]
            ax.bar(x, size / 1000, 0.72, bottom / 1000, color=color, linewidth=0)
            bottom += size
        text = f"{bar.step / 1000:+.1f}" if bar.step is not None else f"{bottom / 1000:.1f}"
        ax.text(x, bottom / 1000, text, ha="center", va="bottom", fontsize=5.5)
    ax.text(0.99, 0.97, "\n".join(_factors(bars)), transform=ax.transAxes, fontsize=6, ha="right", va="top")
    ax.set_xticks(range(len(bars)), [bar.label for bar in bars], fontsize=5.5, rotation=30, ha="right")
    ax.grid(visible=False, axis="x")
    ax.set_ylabel("kB")
    ax.set_xlabel("pruned model  →  file")
    ax.margins(y=0.12)


def bars_of(rows: Sequence[CountedRow]) -> list[_Bar]:
    """CSR, bitmap, the steps to the first row's file, then the files of all rows."""
    counts, parts = rows[0].tensors, rows[0].parts
    start = parts_of_bitmap(counts)
    bars = [_Bar("CSR", parts_of_csr(counts)), _Bar("bitmap", start)]
    level = float(sum(start.values()))
    steps = {
        "index": parts["index"] - start["index"],
        "values": parts["sign"] + parts["magnitude"] - start["values"],
        "biases": parts["biases"] - start["biases"],
        "header": parts["header"],
    }
    for name, change in steps.items():
        bars.append(_Bar(name, {name: abs(change)}, min(level, level + change), change))
        level += change
    return bars + [_Bar(short(row.method), row.parts) for row in rows]


def _factors(bars: Sequence[_Bar]) -> list[str]:
    """How many times smaller than CSR and bitmap each file is."""
    csr, bitmap = (_total(bar) for bar in bars[:2])
    files = [bar for bar in bars[2:] if bar.step is None]
    return [f"{bar.label}: CSR ÷ {csr / _total(bar):.2f}, bitmap ÷ {bitmap / _total(bar):.2f}" for bar in files]


def _total(bar: _Bar) -> float:
    return float(sum(bar.parts.values()))
