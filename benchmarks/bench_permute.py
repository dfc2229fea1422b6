"""What reordering hidden units saves: complete `.surp` files of the same weights, as they are and permuted.

    python benchmarks/bench_permute.py WEIGHTS.safetensors ... --model lenet300_100 [--append]

Writes `benchmarks/results/permute.md`; several networks: one run each, `--append`.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from surp import codec, registry
from surp.files import read_json, write_bytes
from surp.represent.permute import permute
from surp.represent.wiring import WIRED
from surp.tensors.safetensors_file import read_state
from surp.tensors.state import State, sparsity

OUTPUT = Path(__file__).parent / "results" / "permute.md"
AXES = ("dataset", "model", "seed", "method", "schedule", "target_sparsity")
STEPS = {"uniform": 0.35, "successive": 0.25}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", type=Path)
    parser.add_argument("--model", required=True, choices=sorted(WIRED))
    parser.add_argument("--append", action="store_true", help="keep what the file says about other networks")
    arguments = parser.parse_args()
    before = (
        OUTPUT.read_text() if arguments.append and OUTPUT.exists() else "# Hidden units in the order that codes best\n"
    )
    text = "\n".join([before, *section(arguments.weights, arguments.model), ""])
    write_bytes(OUTPUT, text.encode())
    print(text)


def section(paths: list[Path], model: str) -> Iterator[str]:
    yield f"## {model}"
    yield ""
    steps = ", ".join(f"{name} at step_rel {step:g}" for name, step in STEPS.items())
    yield f"Bytes of complete files, preset `default`; {steps}."
    yield ""
    yield "| weights | sparsity | ms to permute | " + " | ".join(f"{n} | permuted | change" for n in STEPS) + " |"
    yield "|---|" + "---:|" * (2 + 3 * len(STEPS))
    gains: dict[str, list[float]] = {name: [] for name in STEPS}
    for path in paths:
        state, _ = read_state(path)
        start = time.perf_counter()
        moved = permute(state, model)
        cells = [title(path), f"{sparsity(state, 'matrices'):.4f}", f"{1e3 * (time.perf_counter() - start):.0f}"]
        for name, step in STEPS.items():
            plain, permuted = size(state, name, step), size(moved, name, step)
            gains[name].append(np.log(permuted / plain))
            cells += [f"{plain:,}", f"{permuted:,}", f"{permuted / plain - 1:+.2%}"]
        yield f"| {' | '.join(cells)} |"
    means = "; ".join(f"{name} {np.expm1(np.mean(found)):+.2%}" for name, found in gains.items())
    yield f"\nGeometric means: {means}."
    versions = ", ".join(f"{name} {version(name)}" for name in ("surp", "numpy", "numba"))
    yield f"\nMachine: {platform.machine()}, {platform.system()}, one run. Versions: {versions}."
    yield f"Regenerate: `python benchmarks/bench_permute.py WEIGHTS ... --model {model}`."


def size(state: State, quantizer: str, step: float) -> int:
    module = registry.load("quantizers", quantizer)
    return len(codec.encode(module.quantize(state, module.Parameters(step_rel=step))))


def title(path: Path) -> str:
    """What the record beside a file says about it, else the file's name."""
    beside = path.with_suffix(".json")
    record = read_json(beside) if beside.exists() else {}
    return " ".join(str(record[axis]) for axis in AXES if axis in record) or path.stem


if __name__ == "__main__":
    main()
