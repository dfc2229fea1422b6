"""Integer inputs of the golden files, and `python tests/codec/make_golden.py FOLDER`, which writes them anew.

A golden file changes only together with the format's version.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from surp import codec
from surp.levels import LevelMap, Quantized

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
            "fc1.bias": LevelMap(0.00390625),
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


INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def files() -> dict[str, bytes]:
    """Name and content of every golden file."""
    return {"levels-v0.surp": codec.encode_levels(levels()), "model-v0.surp": codec.encode(model())}


if __name__ == "__main__":
    for name, content in files().items():
        (Path(sys.argv[1]) / name).write_bytes(content)
        print(name, len(content), "bytes")
