"""Integer inputs of the golden files, and `python tests/codec/make_golden.py FOLDER`, which writes them anew.

A golden file changes only together with the format's version.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from surp import codec
from surp.levels import LevelMap, Quantized, RelativeMap

GOLDEN = Path(__file__).parent.parent / "golden"


def integers(count: int, seed: int) -> np.ndarray:
    """A linear congruential sequence of 31-bit integers: the same everywhere, without any library's generator."""
    values, state = [], seed
    for _ in range(count):
        state = (1103515245 * state + 12345) % (1 << 31)
        values.append(state >> 8)
    return np.array(values, dtype=np.int64)


def sparse(shape: tuple[int, ...], seed: int, one_in: int, largest: int) -> np.ndarray:
    """Levels of which one in `one_in` is not zero, |level| <= largest, small ones likelier."""
    size = int(np.prod(shape))
    hit = integers(size, seed) % one_in == 0
    magnitude = 1 + (integers(size, seed + 1) % largest) * (integers(size, seed + 2) % 4 == 0)
    sign = 1 - 2 * (integers(size, seed + 3) % 2)
    return (hit * sign * magnitude).reshape(shape).astype(np.int32)


def levels() -> dict[str, np.ndarray]:
    """Every integer dtype at its extremes, empty and 0-d tensors, and a sparse matrix."""
    result = {f"extremes.{t}": np.array([np.iinfo(t).min, 0, 1, np.iinfo(t).max], dtype=t) for t in INTEGERS}
    result["mask"] = np.array([[True, False], [False, False]])
    result["empty"] = np.zeros((3, 0, 2), dtype=np.int16)
    result["steps"] = np.array(938, dtype=np.int64)
    result["weight"] = sparse((40, 30), 1, 5, 9)
    return result


def model() -> Quantized:
    """A small embedded model: two weight matrices, a bias, an integer buffer."""
    return Quantized(
        levels={
            "conv1.weight": sparse((4, 1, 5, 5), 11, 3, 7),
            "fc1.weight": sparse((20, 30), 12, 6, 7),
            "fc1.bias": sparse((20,), 13, 1, 100),
            "bn1.num_batches_tracked": np.array(469, dtype=np.int32),
        },
        maps={
            "conv1.weight": LevelMap(0.03125, 128, (100, 90)),
            "fc1.weight": LevelMap(0.0625, 128, (100, 90)),
            "fc1.bias": RelativeMap(2000, 4),
            "bn1.num_batches_tracked": None,
        },
        dtypes={
            "conv1.weight": "float32",
            "fc1.weight": "float16",
            "fc1.bias": "float32",
            "bn1.num_batches_tracked": "int64",
        },
        quantizer="successive",
        passes=3,
        embedded=("conv1.weight", "fc1.weight"),
    )


def uniform() -> Quantized:
    """A small model without passes: every tensor has a step and offsets of its own."""
    shapes = {"fc1": (20, 36), "fc2": (10, 20)}
    result = Quantized({}, {}, {}, "uniform")
    for seed, (name, shape) in enumerate(shapes.items(), start=21):
        for tensor, extent in ((f"{name}.weight", shape), (f"{name}.bias", shape[:1])):
            result.levels[tensor] = sparse(extent, seed, 8 if len(extent) == 2 else 1, 5)
            steps = LevelMap(0.0078125 * seed, offsets=(-10, seed))
            result.maps[tensor] = steps if len(extent) == 2 else RelativeMap(9 * seed, seed - 21)
            result.dtypes[tensor] = "float32"
    return result


def floats() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Floats of every type by their bits: subnormal, infinite and not a number too; and an integer."""
    words = {"float16": np.uint16, "float32": np.uint32, "float64": np.uint64}
    state = {
        f"{name}.weight": (integers(60, 31) * (integers(60, 32) % 3 == 0) * 4099).astype(word).view(name).reshape(6, 10)
        for name, word in words.items()
    }
    state["bfloat16.weight"] = (integers(60, 33).astype(np.uint32) << 16).view(np.float32).reshape(6, 10)
    state["special"] = np.array([0, 1, 0x7F800000, 0xFF800000, 0x7FC00001, 0x80000001], np.uint32).view(np.float32)
    state["steps"] = np.array(938, dtype=np.int64)
    types = {name: "bfloat16" if name.startswith("bfloat16") else value.dtype.name for name, value in state.items()}
    return state, types


INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def files() -> dict[str, bytes]:
    """Name and content of every golden file."""
    return {
        "levels-v1.surp": codec.encode_levels(levels()),
        "uniform-v1.surp": codec.encode(uniform()),
        "successive-v1.surp": codec.encode(model()),
        "cut-v1.surp": codec.truncate(codec.encode(model()), 170),
        "exact-v1.surp": codec.encode_exact(*floats()),
    }


if __name__ == "__main__":
    for name, content in files().items():
        (Path(sys.argv[1]) / name).write_bytes(content)
        print(name, len(content), "bytes")
