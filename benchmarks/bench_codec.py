"""Bytes and speed of the coders, and how near the successive description comes to R(D).

Levels: Laplacian magnitudes above a threshold that leaves the wanted sparsity, as plain integers. Beside them: the
empirical entropy of the levels, and zlib, xz and zstd (if it is installed) on the levels packed as the narrowest
integers. Rates: one stream of 400,000 Laplacian values, halving thresholds; the bytes of each prefix are those of the
file up to that pass, header and checksums included. Between passes, a scan that stops on the way lies on the line.

    python benchmarks/bench_codec.py [LEVELS.safetensors ...] [--elements 4600000] [--step 0.0777]

Writes `benchmarks/results/codec.md`.
"""

from __future__ import annotations

import argparse
import importlib.util
import lzma
import platform
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from surp import codec
from surp.codec.coder import load_coder, quantizes
from surp.codec.coders.adaptive import warm_up
from surp.codec.frame.wire import CRC_BYTES
from surp.files import write_bytes
from surp.quantize.quantizers import successive
from surp.registry import names
from surp.tensors.levels import Quantized
from surp.tensors.levels_file import read_levels

OUTPUT = Path(__file__).parent / "results" / "codec.md"
SPARSITIES = (0.0, 0.9, 0.98)
RATES = (0.25, 0.5, 1.0, 1.5, 2.0)
WANTED = {0.5: 0.13, 1.5: 0.35}
IDEAL = 400_000
CODERS = [name for name in names("coders") if not quantizes(load_coder(name))]
"""Those that need no environment of their own."""
SEED = 0
Levels = dict[str, np.ndarray]


def main() -> None:
    arguments = _arguments()
    warm_up()
    sets = {f"synthetic, sparsity {s:g}": {"w": synthetic(arguments.elements, s)} for s in SPARSITIES}
    models = {path.name: read_levels(path) for path in arguments.levels}
    lines = ["# Coders: bytes, speed, and the distance to R(D)", "", *bytes_table({**sets, **plain_sets(models)})]
    lines += ["", *model_table(models)] if models else []
    lines += ["", *rate_table(arguments.step), "", footer(arguments)]
    write_bytes(OUTPUT, ("\n".join(lines) + "\n").encode())
    print("\n".join(lines))


def synthetic(count: int, sparsity: float) -> np.ndarray:
    """Laplacian values, those under the threshold set to 0, the rest in steps of 0.3 of the mean excess; 2-D."""
    values = np.random.default_rng(SEED).laplace(size=(count // 2000, 2000))
    threshold = -np.log(1 - sparsity)
    magnitude = np.ceil((np.abs(values) - threshold) / 0.3)
    return (np.sign(values) * np.maximum(magnitude, 0)).astype(np.int32)


def plain_sets(models: dict[str, Quantized]) -> dict[str, Levels]:
    return {name: dict(model.levels) for name, model in models.items()}


def bytes_table(sets: dict[str, Levels]) -> Iterator[str]:
    packers = {name: packer for name, packer in PACKERS.items() if packer}
    yield "Plain levels (`encode_levels`). Entropy: of each tensor's levels, taken as independent."
    yield ""
    yield (
        "| levels | elements | entropy, bytes | coder | bytes | over entropy | encode, M/s | decode, M/s | "
        + " | ".join(f"{name}, bytes" for name in packers)
        + " |"
    )
    yield "|---|---:|---:|---|---:|---:|---:|---:|" + "---:|" * len(packers)
    for what, levels in sets.items():
        packed = b"".join(level.astype(narrowest(level)).tobytes() for level in levels.values())
        sizes = [f"{len(packer(packed)):,}" for packer in packers.values()]
        count = sum(level.size for level in levels.values())
        ideal = sum(entropy_bytes(level) for level in levels.values())
        for coder in CODERS:
            size, forth, back = measure(levels, coder)
            yield (
                f"| {what} | {count:,} | {ideal:,.0f} | {coder} | {size:,} | {size / ideal - 1:+.2%} | "
                f"{count / forth / 1e6:.1f} | {count / back / 1e6:.1f} | {' | '.join(sizes)} |"
            )


def measure(levels: Levels, coder: str) -> tuple[int, float, float]:
    """Bytes, and the best seconds of three rounds to encode and to decode."""
    forth, back = [], []
    for _ in range(3):
        start = time.perf_counter()
        data = codec.encode_levels(levels, coder=coder)
        middle = time.perf_counter()
        found = codec.decode_levels(data)
        back.append(time.perf_counter() - middle)
        forth.append(middle - start)
        assert all(np.array_equal(found[name], level) for name, level in levels.items())
    return len(data), min(forth), min(back)


def model_table(models: dict[str, Quantized]) -> Iterator[str]:
    yield "Complete `.surp` files of the models given."
    yield ""
    yield "| file | quantizer | weights | bytes | header, bytes | bits/weight |"
    yield "|---|---|---:|---:|---:|---:|"
    for name, model in models.items():
        facts = codec.describe(codec.open(codec.encode(model)))
        yield (
            f"| {name} | {model.quantizer} | {facts['weights']:,} | {facts['total_bytes']:,} | "
            f"{facts['header_bytes']} | {facts['bits_per_weight']:.4f} |"
        )


def rate_table(step: float) -> Iterator[str]:
    """Rates in bits/weight, distortions as mean |u - v| over mean |u|, gap = rate - R(D), R(D) = -log2 D."""
    values = np.random.default_rng(SEED).laplace(size=(400, IDEAL // 400)).astype(np.float32)
    model = successive.quantize({"w": values}, successive.Parameters(step_rel=step))
    start = time.perf_counter()
    data = codec.encode(model)
    middle = time.perf_counter()
    codec.decode(data)
    end = time.perf_counter()
    rates, distortions = [0.0], [1.0]
    ends = {place.block: place.offset + place.length + CRC_BYTES for place in codec.open(data).places}
    for number, end in enumerate((end for block, end in ends.items() if block.startswith("pass")), start=1):
        rates.append(8 * end / IDEAL)
        state = codec.decode(data, passes=number).state()
        distortions.append(float(np.abs(values - state["w"]).mean() / np.abs(values).mean()))
    yield (
        f"Prefixes of one `successive` stream, {IDEAL:,} ideal Laplacian values, step {step} of the mean; "
        f"{model.passes} passes encode at {IDEAL / (middle - start) / 1e6:.1f} M/s and decode at "
        f"{IDEAL / (end - middle) / 1e6:.1f} M/s."
    )
    yield ""
    yield "| prefix | rate, bits/weight | distortion | R(D) | gap | wanted |"
    yield "|---|---:|---:|---:|---:|---:|"
    rows = [(f"{k} passes", rates[k], distortions[k], "") for k in range(1, len(rates))]
    rows += [
        ("inside a pass", rate, float(np.interp(rate, rates, distortions)), str(WANTED.get(rate, ""))) for rate in RATES
    ]
    for what, rate, distortion, wanted in sorted(rows, key=lambda row: row[1]):
        limit = max(0.0, -np.log2(distortion))
        yield f"| {what} | {rate:.3f} | {distortion:.4f} | {limit:.3f} | {rate - limit:.3f} | {wanted} |"


def entropy_bytes(levels: np.ndarray) -> float:
    _, counts = np.unique(levels, return_counts=True)
    return float(-(counts * np.log2(counts / max(levels.size, 1))).sum() / 8)


def narrowest(levels: np.ndarray) -> type[np.signedinteger]:
    largest = int(np.abs(levels.astype(np.int64)).max(initial=0))
    return np.int8 if largest < 128 else np.int16 if largest < 32768 else np.int32


def _zstd() -> Callable[[bytes], bytes] | None:
    if importlib.util.find_spec("zstandard") is None:
        return None
    import zstandard

    return zstandard.ZstdCompressor(level=19).compress


PACKERS: dict[str, Callable[[bytes], bytes] | None] = {
    "zlib": lambda data: zlib.compress(data, 9),
    "xz": lambda data: lzma.compress(data, preset=6),
    "zstd": _zstd(),
}


def footer(arguments: argparse.Namespace) -> str:
    versions = ", ".join(f"{name} {__import__(name).__version__}" for name in ("numpy", "numba"))
    files = "".join(f" {path.name}" for path in arguments.levels)
    return (
        f"Machine: {platform.machine()}, {platform.system()}, one thread, kernels compiled before. Seed {SEED}. "
        f"Versions: Python {platform.python_version()}, {versions}. "
        f"Regenerate: `python benchmarks/bench_codec.py{files}`."
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("levels", nargs="*", type=Path, help="levels as `surp quantize` writes them")
    parser.add_argument("--elements", type=int, default=4_600_000, help="synthetic levels in a set")
    parser.add_argument("--step", type=float, default=0.0777, help="last threshold over the mean magnitude")
    return parser.parse_args()


if __name__ == "__main__":
    main()
