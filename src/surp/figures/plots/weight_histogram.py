"""Density of the weights in units of their mean magnitude, with the fitted Laplacian and generalised Gaussian.

The first panel is the vector that is described: all tensors, each divided by its L2 norm. In these units every
Laplacian is the same line. KS: Kolmogorov-Smirnov distance. Zeros of a pruned model are left out, and counted.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.figures.style import COLUMN, PAGE, PALETTE, footer, grid, legend, style
from surp.tensors.layout import flatten
from surp.tensors.state import State, is_matrix, takes_part
from surp.theory.laplace import Fit, fit

NEEDS: Literal["summary", "weights"] = "weights"
_PANELS = 8
_BINS = 100
_WIDE = 26
_FILL = (0.8, 0.8, 0.8)
_LAPLACE, _GENERALISED = PALETTE[0], PALETTE[3]


class _Panel(NamedTuple):
    title: str
    weights: NDArray[np.float64]
    zeros: float
    fit: Fit


def draw(state: State, title: str) -> Figure:
    """Raises `WeightsError` for a model without a non-zero weight, or with NaN or infinity."""
    panels = _panels(state)
    reach = float(np.clip(max(np.quantile(np.abs(p.weights), 0.9999) for p in panels), 4, 12))
    with style():
        columns = 2 if len(panels) <= 4 else 4
        width = COLUMN if columns == 2 else PAGE
        fig, axes = grid(len(panels), columns, width, 1.45, 0.75, sharex=True, sharey=True)
        for ax, panel in zip(axes, panels, strict=True):
            _draw_panel(ax, panel, reach)
        fig.supylabel("density", fontsize=7.5)
        for ax in axes[-columns:]:
            ax.set_xlabel("weight / mean magnitude")
            ax.xaxis.set_tick_params(labelbottom=True)
        legend(fig, _handles(), 3)
        footer(fig, f"{title}: {panels[0].fit.count} weights; tensors shown: {_shown(state, panels)}.")
    return fig


def _panels(state: State) -> list[_Panel]:
    """The whole vector, then the largest matrices that are not all zero, in the order of their names."""
    vector, layout = flatten(state)
    if not vector.any():
        raise WeightsError(f"no weight other than zero in {vector.size}; nothing to draw")
    matrices = [name for name in layout.names if is_matrix(state[name].shape) and state[name].any()]
    largest = set(sorted(matrices, key=lambda name: -state[name].size)[: _PANELS - 1])
    names = [name for name in matrices if name in largest]
    whole = _panel("all tensors, normalised", vector)
    return [whole, *(_panel(_label(name, state[name].shape), state[name]) for name in names)]


def _panel(title: str, weights: NDArray[np.floating]) -> _Panel:
    kept = weights[weights != 0].astype(np.float64)
    kept /= np.abs(kept).mean()
    return _Panel(title, kept, 1 - kept.size / weights.size, fit(kept))


def _label(name: str, shape: tuple[int, ...]) -> str:
    """Name and shape; what does not fit a panel's width is left out, the middle of the name last."""
    full = f"{name}, {'×'.join(map(str, shape))}"
    if len(full) <= _WIDE:
        return full
    return name if len(name) <= _WIDE else f"{name[: _WIDE // 2 - 1]}…{name[-_WIDE // 2 :]}"


def _shown(state: State, panels: list[_Panel]) -> str:
    matrices = sum(takes_part(name, tensor, "matrices") for name, tensor in state.items())
    shown = len(panels) - 1
    return f"all {shown} matrices" if shown == matrices else f"{shown} of {matrices} matrices, the largest"


def _draw_panel(ax: Axes, panel: _Panel, reach: float) -> None:
    counts, edges = np.histogram(panel.weights, bins=_BINS, range=(-reach, reach))
    density = counts / panel.weights.size / np.diff(edges)
    ax.stairs(density, edges, fill=True, color=_FILL, linewidth=0)
    x = np.linspace(-reach, reach, 801)
    ax.plot(x, panel.fit.laplacian.density(x), color=_LAPLACE, linewidth=1.0)
    ax.plot(x, panel.fit.generalised.density(x), color=_GENERALISED, linewidth=1.0, linestyle=(0, (4, 1.5)))
    ax.set_yscale("log")
    ax.set_xlim(-reach, reach)
    ax.set_ylim(1e-4, 30)
    ax.yaxis.set_major_locator(FixedLocator([1e-4, 1e-3, 1e-2, 0.1, 1]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_title(panel.title, fontsize=6.5)
    generalised = panel.fit.generalised
    texts = [
        (f"KS {panel.fit.laplacian.distance:.3f}", _LAPLACE, 0.03, "left"),
        (f"β {generalised.beta:.2f}, KS {generalised.distance:.3f}", _GENERALISED, 0.97, "right"),
    ]
    for text, color, place, side in texts:
        ax.text(place, 0.97, text, transform=ax.transAxes, ha=side, va="top", fontsize=5.5, color=color)
    if panel.zeros > 0.005:
        note = f"{100 * panel.zeros:.3g} % zeros left out"
        ax.text(0.97, 0.86, note, transform=ax.transAxes, ha="right", va="top", fontsize=5, color="black")


def _handles() -> list[Patch | Line2D]:
    return [
        Patch(color=_FILL, label="weights"),
        Line2D([], [], color=_LAPLACE, label="Laplacian"),
        Line2D([], [], color=_GENERALISED, linestyle=(0, (4, 1.5)), label="generalised Gaussian (shape β)"),
    ]
