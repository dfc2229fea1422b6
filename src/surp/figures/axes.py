"""Axes that several figures share: sparsity, accuracy and size, spread where the values are near each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

_SPARSITIES = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_PERCENTS = (0, 20, 40, 60, 70, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.5, 99.8)
_LEAST_ERROR = 0.05


def set_ticks(axis: Axis, places: Iterable[float], text: Callable[[float], str] = "{:g}".format) -> None:
    """Ticks at these places and nowhere else."""
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))


def density(sparsity: Any) -> Any:
    """The share of survivors: where a sparsity stands on the axis of `sparsity_axis`."""
    return np.maximum(1 - np.asarray(sparsity, dtype=np.float64), 1e-6)


def dodged(levels: pd.Series, offset: float, most: float = 1.06) -> Any:
    """Densities moved aside by `offset` in [-1, 1], so that lines beside each other show their marks and intervals."""
    x = density(levels)
    gap = float(np.min(x[:-1] / x[1:])) if len(x) > 1 else most**3
    return x / min(most, gap**0.3) ** offset


def sparsity_axis(ax: Axes, levels: pd.Series) -> None:
    """Survivors on a log axis from right to left, labelled as sparsity, so that 0.9 ... 0.99 are spread."""
    seen = sorted(levels.unique())
    ticks = seen if len(seen) <= 6 else [s for s in _SPARSITIES if seen[0] <= s <= seen[-1]]
    low, high = density(seen[-1]), density(seen[0])
    ax.set_xlim(high * 1.2, low / 1.2)
    ax.set_xscale("log")
    set_ticks(ax.xaxis, density(ticks), lambda x: f"{100 * (1 - x):.4g}")
    ax.set_xlabel("sparsity (% of weights that are zero)")


def accuracy_axis(ax: Axes, panel: pd.DataFrame) -> None:
    """Accuracy in per cent; where errors differ by more than a factor of three, on a logarithmic axis of the error."""
    percent = 100 * np.concatenate([panel["accuracy"], panel["dense_accuracy"]])
    errors = np.maximum(100 - percent, _LEAST_ERROR)
    ax.set_ylabel("test accuracy (%)")
    if errors.max() <= 3 * errors.min():
        return
    ax.set_yscale("function", functions=(_spread_out, _gathered))
    low, high = 100 - errors.max() * 1.15, 100 - errors.min() / 1.15
    ax.set_ylim(low, high)
    set_ticks(ax.yaxis, _ticks(low, high))


def _spread_out(accuracy: Any) -> Any:
    return -np.log10(np.maximum(100 - np.asarray(accuracy, dtype=np.float64), 1e-3))


def _gathered(value: Any) -> Any:
    return 100 - 10 ** -np.asarray(value, dtype=np.float64)


def _ticks(low: float, high: float) -> list[float]:
    """Those that are apart by a twelfth of the axis."""
    chosen: list[float] = []
    least = (_spread_out(high) - _spread_out(low)) / 12
    for tick in reversed([t for t in _PERCENTS if low <= t <= high]):
        if not chosen or _spread_out(chosen[-1]) - _spread_out(tick) >= least:
            chosen.append(tick)
    return chosen


def size_axis(ax: Axes, sizes: Any) -> None:
    """A log axis of bytes, labelled in kB: 1, 2, 5, or only powers of ten if more than two decades are shown."""
    low, high = min(sizes), max(sizes)
    ax.set_xscale("log")
    ax.set_xlim(low / 1.2, high * 1.2)
    ax.xaxis.set_major_locator(LogLocator(10, subs=(1.0,) if high > 100 * low else (1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("file size (kB)")
