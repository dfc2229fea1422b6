"""A suite spelled out: its networks, rounds and files, as the paths that a pattern with wildcards stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from surp.plan.config import Config
from surp.plan.paths import Paths
from surp.records.columns import AXES
from surp.summary.partial import Expected


class SuiteFiles:
    """Axes of the suite narrow what is meant: a value or several for an axis, such as `method="surp"`."""

    def __init__(self, config: Config, paths: Paths) -> None:
        self.config, self.paths = config, paths

    def of_networks(self, *patterns: str, **axes: Any) -> list[str]:
        """Each pattern for every dense network of the suite, once."""
        places = [*self._networks(axes)]
        return list(dict.fromkeys(pattern.format(**place) for pattern in patterns for place in places))

    def of_rounds(self, *patterns: str, **axes: Any) -> list[str]:
        """Each pattern for every file that is made in the rounds of every method and schedule, once."""
        places = [*self._rounds(axes)]
        return [path for pattern in patterns for place in places for path in self.of_round(pattern, place, **axes)]

    def of_round(self, pattern: str, place: Mapping[str, Any], **axes: Any) -> list[str]:
        """The pattern for every file that is made of one round's model, once."""
        target = self.config.schedules[place["schedule"]].targets[int(place["round"]) - 1]
        names = self.config.suite.files(int(place["seed"]), target)
        pairs = [{"quantizer": quantizer, "coder": coder} for quantizer, coder in names]
        return list(dict.fromkeys(pattern.format(**{**place, **pair}) for pair in pairs if _allowed(axes, pair)))

    def rows(self) -> list[Expected]:
        """Every row of the suite's table, with the files that it comes from, in the order in which they are made."""
        paths = self.paths
        made = (paths.dense_weights, paths.weights, paths.levels, paths.file, paths.decoded, paths.round_metrics)
        lines = (line.split("\t") for line in self.of_rounds("\t".join([*(f"{{{axis}}}" for axis in AXES), *made])))
        return [Expected(tuple(line[: len(AXES)]), tuple(map(Path, line[len(AXES) :]))) for line in lines]

    def _networks(self, axes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for dataset, model, seed in self.config.suite.networks():
            place = {"dataset": dataset, "model": model, "seed": seed}
            if _allowed(axes, place):
                yield place

    def _rounds(self, axes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for network in self._networks(axes):
            for method in self.config.suite.methods:
                for schedule, plan in self.config.schedules.items():
                    for number in range(1, len(plan.targets) + 1):
                        place = {**network, "method": method, "schedule": schedule, "round": number}
                        if _allowed(axes, place):
                            yield place


def _allowed(axes: Mapping[str, Any], place: Mapping[str, Any]) -> bool:
    """Whether `axes` (a value or several for an axis) allow the values of `place`."""
    for axis in axes.keys() & place.keys():
        wanted = axes[axis]
        if str(place[axis]) not in ([str(wanted)] if isinstance(wanted, str | int) else map(str, wanted)):
            return False
    return True
