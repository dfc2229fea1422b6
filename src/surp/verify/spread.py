"""How far means over seeds may be apart on different machines: as far as other seeds would put them, and no further.

Other processors add in another order, and a training amplifies the last bit of a sum until its weights are those of
another seed. So a setting of a suite (all its axes but the seed) has on another machine another sample of the same
distribution, whose spread the checked-in table tells: with standard deviation s over its m seeds, the means of m and n
seeds differ by a standard error of s sqrt(1/m + 1/n), and more than `STANDARD_ERRORS` of them are a mismatch.

Of three seeds s is a rough estimate, and by chance small in one of many settings. So it is measured in units of the
`LEAST` that is believed at such a mean, and the largest is taken of: 1; the median of all settings of the same data
set, network and target, here and there; those of the same method at this target and at the next ones, since whether a
network collapses there is chance. That judges settings of one seed, too, where others of the method have several.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surp.records.columns import SETTING
from surp.records.row import Row
from surp.summary.frame import frame

STANDARD_ERRORS = 5.0
_IMAGES = 10_000
_NETWORK = ["column", "dataset", "model", "target"]
_METHOD = ["column", "dataset", "model", "method", "schedule"]


def _of_fraction(mean: pd.Series) -> pd.Series:
    """Half the standard error of a fraction of 10,000 images, one image at least."""
    return np.maximum(np.sqrt(np.maximum(mean * (1 - mean), 0.0) / _IMAGES) / 2, 1 / _IMAGES)


def _share(part: float) -> Callable[[pd.Series], pd.Series]:
    return lambda mean: part * np.abs(mean)


LEAST: dict[str, Callable[[pd.Series], pd.Series]] = {
    "sparsity": lambda mean: 0 * mean + 1e-4,
    **dict.fromkeys(("bytes", "bits_per_weight", "ratio"), _share(0.002)),
    **dict.fromkeys(("accuracy", "val_accuracy", "val_accuracy_pruned", "val_accuracy_finetuned"), _of_fraction),
    "dense_accuracy": _of_fraction,
    **dict.fromkeys(("nll", "distortion_l1", "laplacian_reference"), _share(0.01)),
}
"""The columns that a training decides, and the least standard deviation over seeds that is believed, given the mean."""
_SMOOTH = ("val_accuracy_pruned",)
"""Columns in which no fine-tuning makes a collapse a matter of chance: the spread at the next targets is not taken."""


@dataclass(frozen=True)
class ComparedMeans:
    """Means over seeds of one column of one setting: ours, that of the checked-in table, and the allowed difference."""

    setting: tuple[str, ...]
    column: str
    ours: float
    theirs: float
    limit: float

    @property
    def used(self) -> float:
        """The share of the limit that the difference takes: more than 1 is a mismatch."""
        difference = abs(self.ours - self.theirs)
        return difference / self.limit if self.limit else math.inf if difference else 0.0

    def __str__(self) -> str:
        return f"{self.column} is {self.ours:.5g} in the mean (allowed: ± {self.limit:.3g}), but {self.theirs:.5g}"


def compared_means(rows: Sequence[Row], expected: Sequence[Row]) -> Iterator[ComparedMeans]:
    """Every column of every setting that both tables have, where its spread over seeds is known."""
    if not rows or not expected:
        return
    here, there = _over_seeds(rows), _over_seeds(expected)
    judged = there.assign(spread=_spread(here, there)).join(here.add_suffix("_here"), how="inner")
    error = judged["spread"] * judged["least"] * np.sqrt(1 / judged["count_here"] + 1 / judged["count"])
    known = judged.assign(limit=STANDARD_ERRORS * error).dropna(subset=["limit"])
    for (column, *setting), *means in known[["mean_here", "mean", "limit"]].itertuples(name=None):
        yield ComparedMeans(tuple(setting), column, *means)


def _over_seeds(rows: Sequence[Row]) -> pd.DataFrame:
    """Of each column and setting mean, std and count, the least std believed, and their ratio `unit`.

    NaN where a row has no number.
    """
    table = frame(rows).melt(list(SETTING), list(LEAST), "column")
    groups = table.groupby(["column", *SETTING], sort=False)["value"]
    found = groups.agg(["mean", "std", "count"]).astype("float64").where(groups.count() == groups.size())
    least = found["mean"].groupby("column", sort=False).transform(lambda means: LEAST[means.name](means))
    return found.assign(least=least, unit=found["std"] / least.replace(0, np.nan))


def _spread(here: pd.DataFrame, there: pd.DataFrame) -> pd.Series:
    """The standard deviation that is believed of each setting of `there`, in units of the least; NaN: none is known."""
    largest = there["unit"].groupby([*_METHOD, "target"], sort=False).max()
    rolled = largest.groupby(_METHOD, sort=False).rolling(3, center=True, min_periods=1).max()
    near = rolled.droplevel(list(range(len(_METHOD)))).reindex(largest.index)  # the targets before and after, too
    near = near.where(~largest.index.get_level_values("column").isin(_SMOOTH), largest)
    usual = pd.concat([here["unit"], there["unit"]]).groupby(_NETWORK).median().fillna(1.0)
    own = near.reindex(there.index.droplevel(["quantizer", "coder"]))
    network = usual.reindex(there.index.droplevel(["method", "schedule", "quantizer", "coder"]))
    return pd.Series(np.maximum(np.maximum(own.to_numpy(), network.to_numpy()), 1.0), there.index)
