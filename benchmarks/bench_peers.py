"""Complete files of the same integers: this project's presets against the MPEG standard's reference and others.

Two of them are coders of the package too, in its own frame. Every peer gets the same tensors, all of a file's levels,
and must give them back; what it writes is complete, with names, shapes and tables. Each runs in a process of its own,
pinned to one core; speed is in CPU time, best of `--rounds` alternating rounds of as many runs as fit into `--seconds`,
after a warm-up. Level files are pruned networks; from each dense checkpoint come networks of `--bits` bits (per tensor,
symmetric, step = largest magnitude / (2^(bits - 1) - 1)). The synthetic sets are for speed alone.

    make peers
    python benchmarks/bench_peers.py [LEVELS.safetensors ...] [--dense WEIGHTS.safetensors ...] [--bits 4 6 8]

Writes `benchmarks/results/peers.md` and `benchmarks/results/peers.csv`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from peers.report import Row, report

from surp.codec.coders.adaptive import PRESETS
from surp.errors import SurpError
from surp.files import read_json, write_bytes
from surp.tensors.levels_file import read_levels
from surp.tensors.safetensors_file import read_state

HERE = Path(__file__).parent
OUTPUT = HERE / "results" / "peers"
CODERS = ["surp_driver:huffman_csr", "surp_driver:bitmap_zstd"]
OWN = [f"surp_driver:{preset}" for preset in PRESETS] + CODERS + ["constriction_driver", "xz_driver", "zstd_driver"]
THEIRS = ["nncodec_driver"]
TITLES = {f"surp_driver:{preset}": f"surp {preset}" for preset in PRESETS} | {
    "nncodec_driver": "nncodec 2.1.3",
    "surp_driver:huffman_csr": "Huffman + CSR",
    "surp_driver:bitmap_zstd": "bitmap + zstd",
    "constriction_driver": "constriction, static",
    "xz_driver": "xz -9e",
    "zstd_driver": "zstd -19",
}
AXES = ("dataset", "model", "seed", "method", "schedule", "target_sparsity", "quantizer")
SEED = 0
Levels = dict[str, np.ndarray]


def main() -> None:
    arguments = _arguments()
    sets = [("pruned", title(path), levels_of(path)) for path in arguments.levels]
    sets += [("dense", f"{title(path)} {b} bits", rounded(path, b)) for path in arguments.dense for b in arguments.bits]
    sets += [("synthetic", *item) for item in synthetic(arguments.elements)]
    check_names([name for _, name, _ in sets])
    rows = run(sets, arguments)
    write_bytes(OUTPUT.with_suffix(".csv"), table(rows).encode())
    text = report(rows, [TITLES[f"surp_driver:{preset}"] for preset in PRESETS]) + footer(arguments)
    write_bytes(OUTPUT.with_suffix(".md"), text.encode())
    print(text)


def levels_of(path: Path) -> Levels:
    model = read_levels(path)
    if not any(model.maps.values()):
        raise SurpError(f"{path}: holds {model.quantizer} numbers, no levels")
    return dict(model.levels)


def title(path: Path) -> str:
    """What the record beside a file says about it, else the file's name."""
    beside = path.with_suffix(".json")
    record = read_json(beside) if beside.exists() else {}
    known = [f"{axis} {record[axis]}" if axis == "seed" else str(record[axis]) for axis in AXES if axis in record]
    return " ".join(known) or f"{path.parent.name}/{path.stem}"


def check_names(networks: list[str]) -> None:
    """Raise `SurpError` if two networks bear the same name, or there is none."""
    twice = sorted({name for name in networks if networks.count(name) > 1})
    if twice or not networks:
        raise SurpError(f"networks: {', '.join(twice) or 'none'}; each must be given, and under a name of its own")


def rounded(path: Path, bits: int) -> Levels:
    """Every floating-point tensor of a checkpoint at `bits` bits, int32; integers stay."""
    state, _ = read_state(path)
    top = (1 << (bits - 1)) - 1
    steps = {name: float(np.abs(tensor).max(initial=0)) / top or 1.0 for name, tensor in state.items()}
    return {
        name: (np.rint(tensor / steps[name]) if tensor.dtype.kind == "f" else tensor).astype(np.int32)
        for name, tensor in state.items()
    }


def synthetic(elements: int) -> list[tuple[str, Levels]]:
    """Laplacian values at 6 bits, and the same with 95 % zeros; columns of 1,000."""
    if not elements:
        return []
    values = np.random.default_rng(SEED).laplace(size=(-(-elements // 1000), 1000))
    threshold = -np.log(0.05)
    sparse = np.sign(values) * np.maximum(np.ceil((np.abs(values) - threshold) / 0.3), 0)
    dense = np.rint(values / (np.abs(values).max() / 31))
    return [(f"Laplacian {what}", {"w": v.astype(np.int32)}) for what, v in (("6 bits", dense), ("95 % zeros", sparse))]


def run(sets: list[tuple[str, str, Levels]], arguments: argparse.Namespace) -> list[Row]:
    """All peers over all sets, and the entropy."""
    rows = [Row(kind, name, "entropy", _weights(levels), entropy_bytes(levels)) for kind, name, levels in sets]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.npz" for number in range(len(sets))]
        for file, (_, _, levels) in zip(files, sets, strict=True):
            np.savez(file, **levels)
        rounds = [{peer: measured(peer, files, arguments) for peer in OWN + THEIRS} for _ in range(arguments.rounds)]
    for peer in OWN + THEIRS:
        for number, (kind, name, levels) in enumerate(sets):
            facts = [found[peer][number] for found in rounds]
            seconds = [min(fact[way] for fact in facts) for way in ("encode", "decode")]
            rows.append(Row(kind, name, TITLES[peer], _weights(levels), facts[0]["bytes"], *seconds))
    return rows


def measured(peer: str, files: list[Path], arguments: argparse.Namespace) -> list[dict[str, float]]:
    """Bytes and seconds of one peer for each file, from a process of its own."""
    python = Path(sys.executable) if peer in OWN else arguments.peers_python
    if not python.exists():
        raise SurpError(f"{python}: no such interpreter; `make peers` builds it, --peers-python names another")
    output = files[0].with_name("facts.json")
    command = [python, HERE / "peers" / "measure.py", peer, output, *files, "--seconds", arguments.seconds]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    subprocess.run([str(word) for word in command], check=True, env={**os.environ, **threads})
    return json.loads(output.read_text())


def entropy_bytes(levels: Levels) -> float:
    """Sum over tensors of n times the entropy of its histogram: what no static model per tensor can beat."""
    total = 0.0
    for level in levels.values():
        _, counts = np.unique(level, return_counts=True)
        total -= float((counts * np.log2(counts / max(level.size, 1))).sum() / 8)
    return total


def _weights(levels: Levels) -> int:
    return sum(level.size for level in levels.values())


def table(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("kind", "network", "coder", "elements", "bytes", "seconds_encode", "seconds_decode"))
    for row in rows:
        times = [f"{t:.6f}" if t else "" for t in (row.encode, row.decode)]
        writer.writerow((row.kind, row.network, row.coder, row.elements, f"{row.bytes:.0f}", *times))
    return text.getvalue()


def footer(arguments: argparse.Namespace) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "constriction", "zstandard"))
    return (
        f"\nMachine: {platform.machine()}, {os.cpu_count()} cores, {platform.system()}, one core used. Seed of the "
        f"synthetic sets {SEED}. Versions: Python {platform.python_version()}, {versions}; peers as pinned in "
        "`benchmarks/peers/constraints.txt`.\nRegenerate: `make peers`, then `python benchmarks/bench_peers.py "
        f"LEVELS ... --dense WEIGHTS ... --bits {' '.join(map(str, arguments.bits))}`.\n"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("levels", nargs="*", type=Path, help="levels of pruned networks, from `surp quantize`")
    parser.add_argument("--dense", nargs="*", type=Path, default=[], help="dense checkpoints, .safetensors")
    parser.add_argument("--bits", nargs="*", type=int, default=[4, 6, 8], help="of the dense networks' levels")
    parser.add_argument("--elements", type=int, default=4_600_000, help="in a synthetic set; 0 for none")
    parser.add_argument("--seconds", type=float, default=0.3, help="given to each measurement, one run at least")
    parser.add_argument("--rounds", type=int, default=2, help="of all coders, one after the other")
    parser.add_argument("--peers-python", type=Path, default=HERE.parent / ".venv-peers" / "bin" / "python")
    return parser.parse_args()


if __name__ == "__main__":
    main()
