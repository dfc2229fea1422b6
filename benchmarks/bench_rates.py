"""SuRP's index stream against the embedded description of the same weights at the same distortion.

400,000 ideal Laplacian weights (magnitudes and signs), seed 0. The index stream costs its ideal: log2(n / |C|) and the
geometric's overhead for each step, one bit for each sign (`surp.theory.index_stream`). The embedded description is a
complete `.surp` file; its last threshold is the one at which the decoded file has the index stream's distortion.

    python benchmarks/bench_rates.py

Writes `benchmarks/results/rates.md`.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

from surp import codec
from surp.files import write_bytes
from surp.prune.interface import Problem
from surp.prune.methods.surp import Parameters, select
from surp.quantize.quantizers import successive
from surp.tensors.layout import Layout
from surp.theory.index_stream import replay
from surp.theory.rate_distortion import rate

OUTPUT = Path(__file__).parent / "results" / "rates.md"
COUNT, SEED, ALPHA, MOST = 400_000, 0, 10.0, 0.62
SURVIVORS = (0.1, 0.2, 0.3, 0.4)


def main() -> None:
    weights = np.random.default_rng(SEED).laplace(size=COUNT)
    rows = [row(weights, share) for share in SURVIVORS]
    lines = [
        "# The index stream against the state, at equal distortion",
        "",
        f"{COUNT:,} ideal Laplacian weights with signs, alpha {ALPHA:g}, seed {SEED}. Rates in bits/weight; the",
        f"embedded description is the size of a complete file. Wanted around 30 % survivors: at most {MOST} of it.",
        "",
        "| survivors | distortion | R(D) | index stream (ideal) | embedded (file) | ratio | file above R(D) |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *rows,
        "",
        f"Machine: {platform.machine()}, {platform.system()}. Versions: Python {platform.python_version()}, "
        f"numpy {np.__version__}. Regenerate: `python benchmarks/bench_rates.py`.",
    ]
    write_bytes(OUTPUT, ("\n".join(lines) + "\n").encode())
    print("\n".join(lines))


def row(weights: np.ndarray, share: float) -> str:
    mean = np.abs(weights).mean()
    parameters = Parameters(alpha=ALPHA)
    problem = Problem(weights, Layout.line(weights.size), round(share * COUNT), np.random.default_rng(SEED))
    selection = select(problem, parameters)
    stream = replay(np.abs(weights), selection.steps, alpha=ALPHA)
    distortion, paid = stream.distortion[-1] / mean, stream.bits[-1] / COUNT
    ours, reached = embedded(weights, distortion)
    limit = float(rate(1.0, reached))
    return (
        f"| {share:.0%} | {reached:.4f} | {limit:.3f} | {paid:.3f} | {ours:.3f} | {ours / paid:.3f} "
        f"| {ours - limit:.3f} |"
    )


def embedded(weights: np.ndarray, distortion: float) -> tuple[float, float]:
    """(bits/weight of the file, distortion reached, at most `distortion`): bisection over the last threshold."""
    low, high = 0.01, 4.0
    best = None
    for _ in range(14):
        step = (low * high) ** 0.5
        content = codec.encode(successive.quantize({"w": weights[None]}, successive.Parameters(step_rel=step)))
        found = np.abs(codec.decode(content).state()["w"][0] - weights).mean() / np.abs(weights).mean()
        if found <= distortion:
            low, best = step, (8 * len(content) / COUNT, found)
        else:
            high = step
    assert best is not None
    return best


if __name__ == "__main__":
    main()
