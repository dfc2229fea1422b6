"""How many jobs are a suite, how many submissions to a cluster, and what do planning, submitting and polling cost?

Planning: a dry run of the real workflow with the SLURM profile as it is shipped, in a fresh folder; its time, its
memory, its jobs and its submissions. No cluster is needed for that. Submitting and polling: `sbatch` and `squeue` (and
`sacct` where there is accounting) as Snakemake's plugin calls them, on the test cluster, with that many jobs held in
the queue.

    python benchmarks/bench_cluster.py plan
    python tests/cluster/with_slurm.py [--accounting] -- python benchmarks/bench_cluster.py queue

Each part writes its own table of `benchmarks/results/cluster.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

TOP = Path(__file__).parents[1]
OUTPUT = TOP / "benchmarks" / "results" / "cluster.md"
SUITES: dict[str, tuple[int, int, int] | None] = {
    "10 files": (1, 1, 5),
    "100 files": (5, 2, 5),
    "1,000 files": (10, 5, 10),
    "10,000 jobs": (10, 12, 10),
    "`mnist` of params.yaml": None,
}
"""Seeds, methods, rounds, each model coded by two quantizers; or a suite as it is."""
KINDS = ("pretrain", "evaluate_dense", "train_sparse", "train", "files")
"""What is submitted: rules alone and groups."""
QUEUES = (10, 100, 1000)
REPEATS = 5
NAME = "surp_bench"


@dataclass(frozen=True)
class Plan:
    """One dry run."""

    jobs: int
    submissions: Counter[str]
    files: int
    seconds: float
    cpu: float
    mb: float


def parameters(seeds: int, methods: int, rounds: int) -> dict[str, object]:
    """`params.yaml` with a suite of that size."""
    values = yaml.safe_load((TOP / "params.yaml").read_text())
    values["methods"] = {f"surp{i}": {"kind": "surp", "alpha": 10 + i} for i in range(methods)}
    sparsities = [round(1 - 0.8**k, 6) for k in range(1, rounds + 1)]
    values["schedules"] = {"bench": {"kind": "iterative", "sparsities": sparsities}}
    quick = values["suites"]["quick"]
    suite = {**quick, "seeds": list(range(seeds)), "methods": list(values["methods"]), "schedules": ["bench"]}
    return {**values, "suite": "bench", "suites": {"bench": suite}}


def dry_run(folder: Path, *arguments: str) -> tuple[str, float, float, float]:
    """Output of one dry run, its seconds by the clock and of a processor, and its peak memory in MB."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--profile", "slurm", "-n", *arguments, "--", "all"]
    environment = {**os.environ, "PYTHONPATH": str(TOP / "src")}
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        output.seek(0)
        text = output.read()
    if status:
        sys.exit(text)
    return text, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def plan(size: tuple[int, int, int] | None) -> Plan:
    """Plan a suite twice: quietly for time and memory, and in full to count jobs and submissions."""
    with tempfile.TemporaryDirectory(prefix="surp-plan-") as work:
        folder = Path(work)
        for part in ("Snakefile", "workflow", "profiles"):
            copy = shutil.copytree if (TOP / part).is_dir() else shutil.copy2
            copy(TOP / part, folder / part)
        (folder / "slurm").symlink_to("profiles/slurm")
        whole = {**yaml.safe_load((TOP / "params.yaml").read_text()), "suite": "mnist"}
        (folder / "params.yaml").write_text(yaml.safe_dump(parameters(*size) if size else whole))
        _, seconds, cpu, mb = dry_run(folder, "--quiet", "all")
        text, *_ = dry_run(folder, "--quiet", "host")
    stats = dict(re.findall(r"^(\w+) +(\d+)$", text.rpartition("Job stats:")[2], re.MULTILINE))
    submissions = Counter(re.findall(r"Group job (\w+)\.\S+ \(jobs", text))
    submissions.update({kind: int(stats.get(kind, 0)) for kind in KINDS[:3]})
    return Plan(int(stats["total"]), submissions, int(stats["encode"]), seconds, cpu, mb)


def plan_table() -> list[str]:
    rows = []
    for name, size in SUITES.items():
        done = plan(size)
        parts = [done.submissions[kind] for kind in KINDS]
        rows.append(
            f"| {name} | {' x '.join(map(str, size or ()))} | {done.files:,} | {done.jobs:,} | {sum(parts):,} | "
            f"{' + '.join(map(str, parts))} | {done.seconds:.1f} | {done.cpu:.1f} | {done.mb:.0f} |"
        )
        print(rows[-1], flush=True)
    return [
        f"| suite | seeds x methods x rounds | files | jobs | submissions | {' + '.join(KINDS)} "
        "| dry run, s | of a processor, s | peak MB |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
        *rows,
    ]


def timed(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def queue_table() -> list[str]:
    accounting = bool(os.environ.get("SURP_CLUSTER_ACCOUNTING"))
    squeue = ("squeue", "--format=%i|%T", "--states=all", "--noheader", "--name", NAME)
    sacct = ("sacct", "-X", "--parsable2", "--noheader", "--format=JobIdRaw,State", "--name", NAME)
    rows, submitted, spent = [], 0, []
    for size in QUEUES:
        while submitted < size:
            spent.append(
                timed("sbatch", "--parsable", "--hold", f"--job-name={NAME}", "-o", "/dev/null", "--wrap=true")
            )
            submitted += 1
        polls = statistics.median(timed(*squeue) for _ in range(REPEATS))
        more = f"{1000 * statistics.median(timed(*sacct) for _ in range(REPEATS)):.0f}" if accounting else "-"
        last = statistics.median(spent[-size // 2 :])
        rows.append(f"| {size:,} | {1000 * last:.0f} | {sum(spent):.1f} | {1000 * polls:.0f} | {more} |")
        print(rows[-1], flush=True)
    subprocess.run(["scancel", f"--name={NAME}"], check=True)
    return [
        "| jobs in the queue | one sbatch, ms | all of them, s | one squeue, ms | one sacct, ms |",
        "|---:|---:|---:|---:|---:|",
        *rows,
    ]


def write(part: str, table: list[str]) -> None:
    """Replace one part of the file, between its two markers."""
    load = f"load {os.getloadavg()[0]:.1f}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {load}; snakemake {version('snakemake')}"
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    before, _, rest = OUTPUT.read_text().partition(begin)
    _, _, after = rest.partition(end)
    OUTPUT.write_text("\n".join([before + begin, *table, "", f"Machine: {machine}.", end]) + after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["plan", "queue"])
    part = parser.parse_args().part
    if part == "queue" and os.environ.get("SURP_CLUSTER_ACCOUNTING"):
        part = "queue with accounting"
    write(part, plan_table() if part == "plan" else queue_table())


if __name__ == "__main__":
    main()
