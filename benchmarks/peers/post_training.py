"""Points of `bench_post_training.py`, the choice among them on the validation split, and the table."""

from __future__ import annotations

import csv
import io
import os
import platform
import statistics
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from surp.machine import versions
from surp.quantize.quantizers.hessian import Parameters

LOSSES = (0.0, 0.001, 0.003, 0.01)
"""Validation accuracy that nncodec's file may lose against the dense network."""


@dataclass(frozen=True)
class Point:
    """One file: `side` is `dense`, `nncodec` or `surp`; setting: qp or rate weight."""

    dataset: str
    model: str
    seed: int
    side: str
    setting: float
    bytes: int
    validation: float
    test: float
    seconds: float

    @property
    def network(self) -> tuple[str, str, int]:
        return self.dataset, self.model, self.seed


def table(points: list[Point]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Point)], lineterminator="\n")
    writer.writeheader()
    ordered = sorted(points, key=lambda p: (*p.network, p.side, p.setting))
    writer.writerows({**asdict(p), "seconds": round(p.seconds, 2)} for p in ordered)
    return text.getvalue()


def read_points(path: Path) -> list[Point]:
    if not path.exists():
        return []
    kinds = (str, str, int, str, float, int, float, float, float)
    with path.open(newline="") as file:
        return [
            Point(*(kind(value) for kind, value in zip(kinds, row.values(), strict=True)))
            for row in csv.DictReader(file)
        ]


def chosen(points: list[Point], loss: float) -> tuple[Point, Point] | None:
    """nncodec's smallest file that loses at most `loss`, and ours that is not below it; validation decides. None if no
    file of ours is as good."""
    sides = {side: [p for p in points if p.side == side] for side in ("dense", "nncodec", "surp")}
    theirs = _smallest(sides["nncodec"], sides["dense"][0].validation - loss)
    ours = _smallest(sides["surp"], theirs.validation) if theirs else None
    return (theirs, ours) if theirs and ours else None


def _smallest(points: list[Point], least: float) -> Point | None:
    return min((p for p in points if p.validation >= least - 1e-9), key=lambda p: p.bytes, default=None)


def report(points: list[Point]) -> str:
    networks: dict[tuple[str, str, int], list[Point]] = defaultdict(list)
    for point in points:
        networks[point.network].append(point)
    lines = []
    for kind in sorted({network[:2] for network in networks}):
        for loss in LOSSES:
            pairs = {n[2]: chosen(found, loss) for n, found in networks.items() if n[:2] == kind}
            lines.append(line(kind, loss, pairs))
    dense = [
        f"- {dataset} {model}, seed {seed}: {next(p.validation for p in found if p.side == 'dense'):.2%} validation, "
        f"{next(p.test for p in found if p.side == 'dense'):.2%} test"
        for (dataset, model, seed), found in sorted(networks.items())
    ]
    return "\n".join([*HEAD, *lines, "", "Dense networks:", "", *dense, "", footer(points)])


HEAD = (
    "# Post-training compression: quantizer `hessian` and preset `max` against nncodec 2.1.3 end to end",
    "",
    "Dense networks, nothing trained afterwards. Bytes of complete files, accuracies of what they decode to; means "
    "over seeds. Chosen on the validation split (5,000 images held out of training): nncodec's smallest file that "
    "loses at most the accuracy of the second column against the dense network, and our smallest file that is not "
    "below it there; not reached: seeds where no file of ours in the sweep is as good, which are in no mean. Ratio: "
    "ours / nncodec's bytes, geometric mean. `post_training.csv` has every file.",
    "",
    "| network | loss | seeds | not reached | nncodec bytes | ours | ratio | nncodec validation, test "
    "| ours validation, test |",
    "|---|---:|---|---|---:|---:|---:|---:|---:|",
)


def line(kind: tuple[str, str], loss: float, found: dict[int, tuple[Point, Point] | None]) -> str:
    pairs = {seed: pair for seed, pair in sorted(found.items()) if pair}
    missed = ", ".join(str(seed) for seed, pair in sorted(found.items()) if not pair)
    what = f"| {kind[0]} {kind[1]} | {loss:.1%} | {', '.join(map(str, pairs))} | {missed} "
    if not pairs:
        return what + "| | | | | |"
    theirs, ours = ([pair[side] for pair in pairs.values()] for side in (0, 1))
    ratio = statistics.geometric_mean(o.bytes / t.bytes for t, o in pairs.values())
    means = [f"{statistics.mean(p.bytes for p in side):,.0f}" for side in (theirs, ours)]
    accuracy = [
        f"{statistics.mean(p.validation for p in side):.2%}, {statistics.mean(p.test for p in side):.2%}"
        for side in (theirs, ours)
    ]
    return f"{what}| {means[0]} | {means[1]} | {ratio:.2f} | {accuracy[0]} | {accuracy[1]} |"


def footer(points: list[Point]) -> str:
    swept = {side: sorted({p.setting for p in points if p.side == side}) for side in ("surp", "nncodec")}
    rates, qps = (", ".join(f"{setting:g}" for setting in swept[side]) for side in ("surp", "nncodec"))
    parameters = ", ".join(f"{k} {v}" for k, v in Parameters().settings().items() if k != "rate_weight")
    return (
        f"`hessian`: {parameters}; rate_weight {rates}. nncodec: "
        f"dependent quantization, qp {qps}. One thread. Machine: {platform.machine()}, "
        f"{os.cpu_count()} cores, {platform.system()}. Versions: Python {platform.python_version()}, {versions()}. "
        "Regenerate: `make peers`, then `python benchmarks/bench_post_training.py --help`.\n"
    )
