"""What does it save to fork the stages of a run, instead of starting each? The real workflow, both ways in turn.

    python benchmarks/bench_forkserver.py [--pairs 3]

Each run builds a small suite (LeNet-300-100 on Fashion-MNIST, one epoch a training, two methods, seven rounds) in a
fresh copy of the project. Writes benchmarks/results/forkserver.md, after making sure that the files are the same.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

TOP = Path(__file__).parents[1]
OUTPUT = TOP / "benchmarks" / "results" / "forkserver.md"
STAGES = ("prune", "finetune", "quantize", "encode", "decode", "evaluate")
SUITE = """
suite: bench
recipes: {bench: {epochs: 1, learning_rate: 0.05}}
suites:
  bench:
    datasets: [fashion_mnist]
    models: [lenet300_100]
    seeds: [0]
    recipe: bench
    methods: [surp, global_magnitude]
    schedules: [to_99]
    finetune: bench
    quantizers: [uniform]
    coders: [adaptive]
finetune: {bench: {epochs: 1, learning_rate: 0.05}}
"""

Run = tuple[float, dict[str, list[float]], str]


def build(forks: bool) -> Run:
    """Seconds of the run, seconds of each job by stage, and a digest of all files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("src", "workflow", "profiles"):
            shutil.copytree(TOP / part, folder / part)
        for part in ("Snakefile", "params.yaml"):
            shutil.copy2(TOP / part, folder / part)
        (folder / "bench.yaml").write_text(SUITE)
        command = [Path(sys.executable).with_name("snakemake"), "--cores", "2", "--quiet", "all", "--config"]
        command += [f"forkserver={str(forks).lower()}", "--configfile", "params.yaml", "bench.yaml", "--", "all"]
        environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        files = sorted((folder / "results").glob("**/model.surp"))
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        return seconds, {stage: times(folder, stage) for stage in STAGES}, digest


def times(folder: Path, stage: str) -> list[float]:
    found = []
    for path in (folder / "results" / "bench").glob(f"**/{stage}.tsv"):
        with path.open() as stream:
            found += [float(row["s"]) for row in csv.DictReader(stream, delimiter="\t")]
    return found


def report(plain: list[Run], forked: list[Run]) -> str:
    ratios = [b[0] / a[0] for a, b in zip(plain, forked, strict=True)]
    rows = [("whole run", [run[0] for run in plain], [run[0] for run in forked])]
    for stage in STAGES:
        rows.append((f"one `{stage}`", *([s for run in runs for s in run[1][stage]] for runs in (plain, forked))))
    lines = [f"| {name} | {statistics.median(a):.2f} | {statistics.median(b):.2f} |" for name, a, b in rows]
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numba", "snakemake"))
    return "\n".join(
        [
            "# Stages as forks of one process",
            "",
            f"Medians in seconds of {len(plain)} pairs of runs in turn, two jobs at a time; forked over plain, pair by "
            f"pair: {', '.join(f'{ratio:.2f}' for ratio in ratios)}. The files of all runs are the same.",
            "",
            "| | plain | forked |",
            "|---|---:|---:|",
            *lines,
            "",
            "LeNet-300-100 on Fashion-MNIST, one epoch a training, 14 rounds. "
            f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {versions}. "
            "Regenerate: `python benchmarks/bench_forkserver.py`.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    pairs = [(build(False), build(True)) for _ in range(parser.parse_args().pairs)]
    plain, forked = [list(runs) for runs in zip(*pairs, strict=True)]
    if len({run[2] for run in (*plain, *forked)}) > 1:
        sys.exit("the files of forked and plain runs differ")
    OUTPUT.write_text(report(plain, forked))
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
