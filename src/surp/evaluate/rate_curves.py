"""Rate against distortion, measured on weights: the limit, what `surp` ships, and what else one might send.

Curves (`CURVES`), each a set of points (rate_bits: bits/weight, distortion: mean |u - v| / mean |u|), all on the
matrices of a model, each divided by its L2 norm:

* limit: R(D) of Laplacian tensors of these sizes and scales (`surp.theory.rate_distortion`).
* successive: real bytes of one embedded file, header and all, cut after each pass.
* dead_zone: uniform steps, a zero cell of any width, each cell's median; the best of a grid, ideal entropy.
* uniform: rounding to the nearest multiple of a step, ideal entropy.
* reference: the index stream of SuRP's reference schedule, ideal cost (`surp.theory.index_stream`).

Ideal entropy is that of each tensor's own level counts; tables and medians are free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from surp import codec
from surp.errors import WeightsError
from surp.prune.interface import Problem
from surp.prune.methods import surp
from surp.quantize.quantizers import successive as quantizer
from surp.tensors.layout import Layout, Vector, flatten
from surp.tensors.state import State, takes_part
from surp.theory.index_stream import replay
from surp.theory.rate_distortion import entropy, laplacian_reference

CURVES = ("limit", "successive", "dead_zone", "uniform", "reference")
MOST_BITS = 4.0
"""Where the curves end, bits/weight."""
_STEPS = np.geomspace(0.12, 6, 40)
_ROUNDINGS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.15, -0.3, -0.5)
_REFERENCE_SHARE, _REFERENCE_MOST = 0.4, 2_000_000
_POINTS = 60
_FINEST = 0.31
"""Last threshold of the embedded file over the mean magnitude: about 4 bits/weight."""


def ideal(n: int = 200_000, seed: int = 0) -> State:
    """Ideal data: one matrix of n independent Laplacian weights with mean magnitude 1."""
    return {"ideal": np.random.default_rng(seed).laplace(0, 1, (n // 100, 100)).astype(np.float32)}


def curves(state: State, seed: int = 0) -> pd.DataFrame:
    """All curves of a model: columns curve, rate_bits, distortion; rates of a curve ascend.

    seed: of SuRP's draws. Raises `WeightsError` for a model without a matrix, or whose matrices are all zero.
    """
    matrices = {name: tensor for name, tensor in state.items() if takes_part(name, tensor, "matrices")}
    vector, layout = flatten(matrices)
    if not vector.any():
        raise WeightsError(f"no rate-distortion curve: the {len(matrices)} matrices hold no weight other than zero")
    found = {
        "limit": limit(vector, layout),
        "successive": successive(matrices, vector, layout),
        "dead_zone": dead_zone(vector, layout),
        "uniform": uniform(vector, layout),
        "reference": reference(vector, seed),
    }
    parts = [
        pd.DataFrame(
            {
                "curve": name,
                "rate_bits": np.array([bits for bits, _ in points]),
                "distortion": np.array([d for _, d in points]),
            }
        )
        for name, points in found.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[table["rate_bits"] <= MOST_BITS].sort_values(["curve", "rate_bits"], ignore_index=True)


Points = list[tuple[float, float]]


def limit(vector: Vector, layout: Layout) -> Points:
    """R(D) of Laplacian tensors: reverse water-filling over the tensors, at distortions from 1 down."""
    mean = float(np.abs(vector).mean())
    relative = np.exp2(-np.linspace(0, MOST_BITS + 1, _POINTS))
    return [(laplacian_reference(vector, layout.bounds, d * mean), float(d)) for d in relative]


def uniform(vector: Vector, layout: Layout) -> Points:
    """Rounding to the nearest multiple of one step for the whole vector."""
    tensors = _sorted_tensors(vector, layout)
    return [_scalar(tensors, float(step), 0.5, medians=False) for step in _STEPS * np.abs(vector).mean()]


def dead_zone(vector: Vector, layout: Layout) -> Points:
    """Lower convex hull over steps and zero cells: the best that a scalar quantizer of this kind does."""
    tensors = _sorted_tensors(vector, layout)
    grid = [(float(step), r) for step in _STEPS * np.abs(vector).mean() for r in _ROUNDINGS]
    return _lower_hull([_scalar(tensors, step, rounding, medians=True) for step, rounding in grid])


def reference(vector: Vector, seed: int = 0) -> Points:
    """The index stream along a run of SuRP's reference schedule, until 40 % of the weights, or 2 million, are hit."""
    parameters = surp.Parameters()
    count = min(int(_REFERENCE_SHARE * vector.size), _REFERENCE_MOST, int(np.count_nonzero(vector)))
    run = surp.select(Problem(vector, Layout.line(vector.size), count, np.random.default_rng(seed)), parameters)
    assert run.steps is not None, "the reference schedule describes step by step"
    magnitudes = np.abs(vector)
    stream = replay(
        magnitudes,
        run.steps,
        alpha=parameters.alpha,
        alpha_decay=parameters.alpha_decay,
        decay_every=parameters.decay_every,
    )
    bits = stream.bits / vector.size
    chosen = np.unique(np.searchsorted(bits, np.linspace(0, MOST_BITS, _POINTS)))
    chosen = chosen[chosen < bits.size]
    return [(float(bits[k]), float(stream.distortion[k] / magnitudes.mean())) for k in chosen]


def successive(matrices: State, vector: Vector, layout: Layout) -> Points:
    """Sizes of one embedded file cut after each pass, and the distortion of what each cut decodes to."""
    parameters = quantizer.Parameters(tensors="matrices", step_rel=_FINEST)
    data = codec.encode(quantizer.quantize(matrices, parameters))
    file = codec.open(data)
    sizes = _sizes(codec.describe(file))
    points = []
    for passes, size in enumerate(sizes, start=1):
        state = file.model(passes).state()
        scaled = [state[n].reshape(-1) / (norm or 1.0) for n, norm in zip(layout.names, layout.norms, strict=True)]
        error = float(np.abs(vector - np.concatenate(scaled)).sum())
        points.append((8 * size / vector.size, error / float(np.abs(vector).sum())))
    return points


def _sizes(facts: Mapping[str, Any]) -> list[int]:
    """Bytes of the file up to the end of each pass: where the next block begins, or the file ends."""
    ends = [block["offset"] for block in facts["blocks"][1:]] + [facts["total_bytes"]]
    return [end for block, end in zip(facts["blocks"], ends, strict=True) if block["name"].startswith("pass ")]


def _sorted_tensors(vector: Vector, layout: Layout) -> list[tuple[Vector, Vector]]:
    """Per tensor: ascending magnitudes, shape (n_t,), and their sums from the start, shape (n_t + 1,)."""
    ordered = [np.sort(np.abs(vector[a:b])) for a, b in pairwise(layout.bounds)]
    return [(m, np.concatenate([[0.0], np.cumsum(m)])) for m in ordered if m.size]


def _scalar(
    tensors: Sequence[tuple[Vector, Vector]], step: float, rounding: float, *, medians: bool
) -> tuple[float, float]:
    """Levels l = floor(|u| / step + rounding): entropy with signs, and relative distortion.

    A level stands for its weights' median or for l * step, 0 for 0. With point p and m of the cell's weights below
    it, sum |u - p| = p (m - (k - m)) + (sum above - sum below) for k weights, from the running sums alone.
    """
    bits, error, total, n = 0.0, 0.0, 0.0, 0
    for magnitudes, sums in tensors:
        top = max(0, int(magnitudes[-1] / step + rounding))
        starts = np.searchsorted(magnitudes, (np.arange(1, top + 1) - rounding) * step)
        edges = np.concatenate([[0], starts, [magnitudes.size]])
        low, high = edges[1:-1], edges[2:]
        if medians:
            middle = (low + high) // 2
            point = magnitudes[np.minimum(middle, magnitudes.size - 1)]
        else:
            point = np.arange(1, top + 1) * step
            middle = np.clip(np.searchsorted(magnitudes, point), low, high)
        inside = point * (2 * middle - low - high) + sums[low] + sums[high] - 2 * sums[middle]
        bits += magnitudes.size * entropy(np.diff(edges)) + magnitudes.size - edges[1]
        error += float(sums[edges[1]] + inside.sum())
        total += float(sums[-1])
        n += magnitudes.size
    return bits / n, error / total


def _lower_hull(points: Points) -> Points:
    """The points of the lower convex hull that fall, by ascending rate."""
    hull: Points = []
    for x, y in sorted(points):
        if hull and y >= hull[-1][1]:
            continue
        while len(hull) > 1 and _above(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    return hull


def _above(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b lies on or above the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])
