"""What the figures of summary.csv share: checks, groups, facets, means with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from surp.errors import SurpError
from surp.evaluate.compare import estimate
from surp.evaluate.names import title
from surp.figures.style import COLUMN, DASHES, PAGE, Color, figure, looks

_VARIANTS = ("schedule", "quantizer", "coder", "preset", "importance", "keep", "finetune_epochs")
_DEFAULT_MODES = ("", "reference")
_TICKS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)


class Series(NamedTuple):
    """The rows of one line, and its look. offset: place among the lines of its panel, in [-1, 1]."""

    rows: pd.DataFrame
    color: Color
    marker: str
    dashes: Any
    offset: float


def prepare(
    table: pd.DataFrame, numbers: Sequence[str], variants: Sequence[str] = _VARIANTS, every: bool = False
) -> pd.DataFrame:
    """The rows that have all `numbers`, with columns `series`, `variant`, `facet` and `level` (sparsity aimed at).

    Unless `every`: of the pairs of quantizer and coder only those that were run as often as any.
    Raises `SurpError` naming the table and its missing columns, an empty table, or numbers that are none.
    """
    result = _checked(table, ("sparsity", *numbers))
    if not every:
        result = _full(result)
    mode = _texts(result, "mode")
    plain = mode.isin(_DEFAULT_MODES)
    result["series"] = result["method"].astype(str).where(plain, result["method"].astype(str) + "_" + mode)
    result["facet"] = [
        f"{title(d)}, {title(m)}" for d, m in zip(_texts(result, "dataset"), _texts(result, "model"), strict=True)
    ]
    # What differs only between methods (such as `keep`) goes with the method's colour and needs no line style.
    texts = [_texts(result, column) for column in variants]
    varying = [text for text in texts if text.groupby(result["series"]).nunique().max() > 1]
    result["variant"] = [", ".join(p for p in parts if p) for parts in zip(*varying, strict=True)] if varying else ""
    aimed = pd.to_numeric(result["target_sparsity"], errors="coerce") if "target_sparsity" in result else np.nan
    result["level"] = pd.Series(aimed, index=result.index).fillna(result["sparsity"]).astype(float).round(4)
    return result.reset_index(drop=True)


def panels(table: pd.DataFrame, height: float = 2.5) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """One panel per data set and model: one column wide for one panel, else two beside each other."""
    names = sorted(table["facet"].unique())
    columns = min(2, len(names))
    rows = -(-len(names) // columns)
    fig, axes = figure(COLUMN if columns == 1 else PAGE, height * rows + 0.3, rows, columns)
    for ax in axes[len(names) :]:
        ax.set_visible(False)
    for ax, name in zip(axes, names, strict=False):
        ax.set_title(name)
    return fig, [(ax, table[table["facet"] == name]) for ax, name in zip(axes, names, strict=False)]


def series(panel: pd.DataFrame, table: pd.DataFrame) -> Iterator[Series]:
    """The lines of a panel; looks are those of the whole table, so that panels agree."""
    look = looks(table["series"].unique())
    variants = sorted(table["variant"].unique())
    groups = sorted(panel.groupby(["series", "variant"]), key=lambda item: (list(look).index(item[0][0]), item[0][1]))
    for k, ((name, variant), rows) in enumerate(groups):
        color, marker = look[name]
        dashes = DASHES[variants.index(variant) % len(DASHES)]
        yield Series(rows, color, marker, dashes, (2 * k + 1) / len(groups) - 1)


def handles(table: pd.DataFrame) -> list[Line2D]:
    """Legend entries: a colour per method, then a line style per variant if there are several."""
    look = looks(table["series"].unique())
    result = [Line2D([], [], color=c, marker=m, label=title(name)) for name, (c, m) in look.items()]
    variants = sorted(table["variant"].unique())
    if len(variants) > 1:
        result += [
            Line2D([], [], color="black", linestyle=DASHES[k % len(DASHES)], label=title(v))
            for k, v in enumerate(variants)
        ]
    return result


def interval(values: pd.Series) -> tuple[float, float]:
    """Mean, and half of its 95 % t-interval; NaN for a single value, which has none."""
    found = estimate(values)
    return found.mean, found.half


def by_level(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Per sparsity aimed at: mean of each column, and `<column>_half`; seeds count once, whatever varies inside."""
    result = []
    for level, group in rows.groupby("level", sort=True):
        seeds = group.groupby("seed")[list(columns)].mean()
        entry: dict[str, float] = {"level": float(level)}
        for column in columns:
            entry[column], entry[f"{column}_half"] = interval(seeds[column])
        result.append(entry)
    return pd.DataFrame(result)


def survivors(sparsity: Any) -> Any:
    """Where a sparsity stands on the axis of `sparsity_axis`."""
    return np.maximum(1 - np.asarray(sparsity, dtype=np.float64), 1e-6)


def dodged(levels: pd.Series, offset: float, most: float = 1.06) -> Any:
    """Survivors moved aside by `offset` in [-1, 1], so that lines beside each other show their marks and intervals."""
    x = survivors(levels)
    gap = float(np.min(x[:-1] / x[1:])) if len(x) > 1 else most**3
    return x / min(most, gap**0.3) ** offset


def sparsity_axis(ax: Axes, levels: pd.Series) -> None:
    """Survivors on a log axis from right to left, labelled as sparsity, so that 0.9 ... 0.99 are spread."""
    seen = sorted(levels.unique())
    ticks = seen if len(seen) <= 6 else [s for s in _TICKS if seen[0] <= s <= seen[-1]]
    low, high = survivors(seen[-1]), survivors(seen[0])
    ax.set_xlim(high * 1.2, low / 1.2)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(survivors(ticks).tolist()))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * (1 - x):.4g}"))
    ax.set_xlabel("sparsity (% of weights that are zero)")


def small_print(table: pd.DataFrame, what: str, unit: str = "file") -> str:
    """What is drawn, number of files, seeds and versions."""
    seeds = sorted({int(seed) for seed in table["seed"]})
    count = f"{len(table)} {unit}{'s' * (len(table) > 1)}"
    if len(seeds) == 1:
        text = f"{count}; one seed ({seeds[0]}), so no interval."
    elif len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        text = f"{what} {count}, seeds {seeds[0]}–{seeds[-1]}."
    else:
        text = f"{what} {count}, seeds {', '.join(map(str, seeds))}."
    return f"{text} {'; '.join(sorted(set(_texts(table, 'versions')) - {''}))}".strip()


def _checked(table: pd.DataFrame, numbers: Sequence[str]) -> pd.DataFrame:
    """The rows that have all `numbers`, as numbers. Raises as `prepare` does."""
    where = str(table.attrs.get("path", "summary.csv"))
    missing = [c for c in ("dataset", "model", "seed", "method", *numbers) if c not in table.columns]
    if missing:
        raise SurpError(f"{where}: missing column(s) {', '.join(missing)}")
    if table.empty:
        raise SurpError(f"{where}: has no rows; nothing to draw")
    result = table.copy()
    for column in numbers:
        result[column] = _numbers(result[column], where)
    result = result.dropna(subset=list(numbers))
    if result.empty:
        raise SurpError(f"{where}: no row has a value in all of {', '.join(numbers)}")
    return result


def _full(table: pd.DataFrame) -> pd.DataFrame:
    """Without the pairs of quantizer and coder that were tried on a part of the suite only."""
    pair = _texts(table, "quantizer") + " " + _texts(table, "coder")
    size = pair.groupby(pair).transform("size")
    return table[size == size.max()]


def _numbers(column: pd.Series, where: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        raise SurpError(
            f"{where}: column {column.name!r} holds {wrong.iloc[0]!r} in row {wrong.index[0]}, not a number"
        )
    return numbers


def _texts(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as text, empty where it is missing."""
    if column not in table:
        return pd.Series("", index=table.index)
    values = table[column]
    return values.astype(object).where(values.notna(), "").map(str)
