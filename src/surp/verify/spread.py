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
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from surp.verify import Row
from surp.verify.tolerance import is_number

STANDARD_ERRORS = 5.0
_IMAGES = 10_000
_SETTING = ("dataset", "model", "method", "schedule", "target", "quantizer", "coder")
_METHOD = itemgetter(0, 1, 2, 3)
_TARGET = itemgetter(0, 1, 2, 3, 4)
_NETWORK = itemgetter(0, 1, 4)

Setting = tuple[str, ...]


def _of_fraction(mean: float) -> float:
    """Half the standard error of a fraction of 10,000 images, one image at least."""
    return max(math.sqrt(max(mean * (1 - mean), 0.0) / _IMAGES) / 2, 1 / _IMAGES)


def _share(part: float) -> Callable[[float], float]:
    return lambda mean: part * abs(mean)


LEAST: dict[str, Callable[[float], float]] = {
    "sparsity": lambda mean: 1e-4,
    **dict.fromkeys(("bytes", "bits_per_weight", "ratio"), _share(0.002)),
    **dict.fromkeys(("accuracy", "val_accuracy", "val_accuracy_pruned", "val_accuracy_finetuned"), _of_fraction),
    "dense_accuracy": _of_fraction,
    **dict.fromkeys(("nll", "distortion_l1", "laplacian_reference"), _share(0.01)),
}
"""The columns that a training decides, and the least standard deviation over seeds that is believed, given the mean."""
_SMOOTH = ("val_accuracy_pruned",)
"""Columns in which no fine-tuning makes a collapse a matter of chance: the spread at the next targets is not taken."""


@dataclass(frozen=True)
class Comparison:
    """Means over seeds of one column of one setting: ours, that of the checked-in table, and the allowed difference."""

    setting: Setting
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


def comparisons(rows: Sequence[Row], expected: Sequence[Row]) -> Iterator[Comparison]:
    """Every column of every setting that both tables have, where its spread over seeds is known."""
    ours, theirs = _settings(rows), _settings(expected)
    near = _near(theirs)
    for column, least in LEAST.items():
        means = {setting: found for setting, members in theirs.items() if (found := _numbers(members, column))}
        units, here = _units(means, least), _units({at: _numbers(ours[at], column) for at in ours}, least)
        largest = _by(units, _TARGET, max)
        usual = _by([*units, *here], _NETWORK, statistics.median)
        for setting in sorted(means.keys() & ours.keys()):
            places = [_TARGET(setting)] if column in _SMOOTH else near[_TARGET(setting)]
            believed = [largest[place] for place in places if place in largest]
            if not believed or not (found := _numbers(ours[setting], column)):
                continue
            mean = statistics.fmean(means[setting])
            spread = max(1.0, usual.get(_NETWORK(setting), 1.0), *believed) * least(mean)
            error = spread * math.sqrt(1 / len(found) + 1 / len(means[setting]))
            yield Comparison(setting, column, statistics.fmean(found), mean, STANDARD_ERRORS * error)


def _settings(rows: Iterable[Row]) -> dict[Setting, list[Row]]:
    """The rows of each setting, in the order of the table, which is that of the targets."""
    found: dict[Setting, list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[axis] for axis in _SETTING)].append(row)
    return found


def _numbers(rows: Sequence[Row], column: str) -> list[float]:
    """The column of all rows; none if one of them holds no number."""
    return [float(row[column]) for row in rows] if all(is_number(row[column]) for row in rows) else []


def _units(values: Mapping[Setting, Sequence[float]], least: Callable[[float], float]) -> list[tuple[Setting, float]]:
    """The standard deviation of each setting of several seeds, in units of the least that is believed."""
    several = [(setting, found, least(statistics.fmean(found))) for setting, found in values.items() if len(found) > 1]
    return [(setting, statistics.stdev(found) / unit) for setting, found, unit in several if unit]


def _near(settings: Iterable[Setting]) -> dict[Setting, list[Setting]]:
    """For each method and target: itself, and the same method at the target before and after."""
    lines: dict[Setting, list[Setting]] = defaultdict(list)
    for place in dict.fromkeys(map(_TARGET, settings)):
        lines[_METHOD(place)].append(place)
    return {place: line[max(i - 1, 0) : i + 2] for line in lines.values() for i, place in enumerate(line)}


def _by(
    units: Iterable[tuple[Setting, float]],
    axes: Callable[[Setting], Setting],
    reduce: Callable[[list[float]], float],
) -> dict[Setting, float]:
    """One number for all settings that share these axes."""
    groups: dict[Setting, list[float]] = defaultdict(list)
    for setting, unit in units:
        groups[axes(setting)].append(unit)
    return {key: reduce(group) for key, group in groups.items()}
