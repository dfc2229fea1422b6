"""What does a step of SuRP cost, how long does 90 % sparsity take, and how much memory does a weight need?

Ideal Laplacian weights, one thread, kernels compiled before. The plain O(n) rule is the oracle of the tests; both
sides draw the same indices, which is checked on the steps that both take. Its cost is measured over its first steps
(each scans all residuals, so later ones cost the same), ours over a whole run to 90 % sparsity, sort and refreshes
included. Memory is the peak of a fresh process above what it takes before it has weights; the vector itself counts.

    python benchmarks/bench_prune.py [--largest 100000000]

Writes `benchmarks/results/prune.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import numba
import numpy as np

from surp.files import write_bytes
from surp.prune.interface import Problem
from surp.prune.methods.surp import Parameters, select
from surp.quantize.quantizers import successive
from surp.tensors.layout import Layout

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "prune"))
from reference_rule import reference_rule

OUTPUT = Path(__file__).parent / "results" / "prune.md"
SIZES = {100_000: 3000, 300_000: 2000, 1_000_000: 1000, 15_000_000: 100}
"""Weights, and steps of the plain rule that are timed."""
SPARSITY = 0.9
SEED = 0


def weights(n: int) -> np.ndarray:
    return np.random.default_rng(SEED).laplace(size=n)


def prune(vector: np.ndarray, mode: str) -> tuple[float, np.ndarray | None]:
    """Seconds to 90 % sparsity, and the steps."""
    count = vector.size - round(SPARSITY * vector.size)
    start = time.perf_counter()
    problem = Problem(vector, Layout.line(vector.size), count, np.random.default_rng(SEED + 1))
    selection = select(problem, Parameters(mode=mode))
    return time.perf_counter() - start, selection.steps


def describe(vector: np.ndarray) -> float:
    """Seconds to describe in passes, the last threshold being the magnitude of the last survivor at 90 % sparsity."""
    matrix = vector.reshape(-1, 1000)
    start = time.perf_counter()
    count = vector.size - round(SPARSITY * vector.size)
    last = np.partition(np.abs(vector), vector.size - count)[vector.size - count]
    successive.quantize({"w": matrix}, successive.Parameters(last=float(last / np.linalg.norm(vector))))
    return time.perf_counter() - start


def step_row(n: int, steps: int) -> str:
    """One line of the step table; the plain rule's indices must be the first of ours."""
    vector = weights(n)
    start = time.perf_counter()
    plain = reference_rule(vector, n, np.random.default_rng(SEED + 1), most_steps=steps)
    slow = (time.perf_counter() - start) / steps
    seconds, taken = prune(vector, "reference")
    assert taken is not None
    assert taken[:steps].tolist() == plain.indices, "both sides draw the same indices"
    fast = seconds / taken.size
    ours = f"{fast * 1e6:.2f} | {taken.size:,} | {seconds:.2f}"
    return f"| {n:,} | {slow * 1e6:,.0f} | {steps} | {ours} | {slow / fast:,.0f} |"


def peak_memory() -> int:
    """Bytes at most resident since this program was started; `ru_maxrss` would begin with the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, "Linux tells the high-water mark"
    return int(found[1]) * 1024


def child(n: int) -> None:
    """In a fresh process: seconds and peak bytes a weight of the reference schedule, as JSON on stdout."""
    prune(weights(1000), "reference")
    before = peak_memory()
    seconds, _ = prune(weights(n), "reference")
    print(json.dumps({"seconds": seconds, "bytes": (peak_memory() - before) / n}))


def growth_row(n: int) -> str:
    run = subprocess.run([sys.executable, __file__, "--child", str(n)], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    return f"| {n:,} | {found['seconds']:.2f} | {found['seconds'] / n * 1e9:.0f} | {found['bytes']:.1f} |"


def report(largest: int) -> str:
    prune(weights(1000), "reference")  # compiles
    steps = [step_row(n, k) for n, k in SIZES.items()]
    vector = weights(max(SIZES))
    totals = {
        "pruning, reference schedule": prune(vector, "reference")[0],
        "pruning, embedded (k-th magnitude as last threshold)": prune(vector, "embedded")[0],
        "describing in passes (`successive`), threshold search included": describe(vector),
    }
    del vector
    growth = [growth_row(n) for n in (1_000_000, 10_000_000, 100_000_000) if n <= largest]
    return "\n".join(
        [
            "# SuRP's reference schedule against the plain rule",
            "",
            f"Ideal Laplacian weights, seed {SEED}, alpha 10, one-shot, to {SPARSITY:.0%} sparsity, one run each.",
            "Same draws, same indices.",
            "",
            "| n | plain rule, us a step | over steps | ours, us a step | steps | ours, s in all | ratio |",
            "|---:|---:|---:|---:|---:|---:|---:|",
            *steps,
            "",
            f"To {SPARSITY:.0%} sparsity at n = {max(SIZES):,} (to be reached: 10 s on one core):",
            "",
            "| what | seconds |",
            "|---|---:|",
            *(f"| {what} | {seconds:.2f} |" for what, seconds in totals.items()),
            "",
            "Growth of the reference schedule (to be reached: linear, at most 40 bytes a weight):",
            "",
            "| n | seconds | ns a weight | peak bytes a weight |",
            "|---:|---:|---:|---:|",
            *growth,
            "",
            f"Machine: {platform.machine()}, {os.cpu_count()} cores, {platform.system()}, one thread. "
            f"Versions: Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}. "
            "Regenerate: `python benchmarks/bench_prune.py`.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=100_000_000, help="largest n of the growth table")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
        return
    text = report(arguments.largest)
    OUTPUT.parent.mkdir(exist_ok=True)
    write_bytes(OUTPUT, text.encode())
    print(text)


if __name__ == "__main__":
    main()
