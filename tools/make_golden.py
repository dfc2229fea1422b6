"""Integer inputs of the golden files, and `python tools/make_golden.py tests/golden`, which makes all of them.

There is one for every coder, preset and kind of file. A golden file changes only together with the format's version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from surp import codec
from surp.codec.peers import nncodec as peer
from surp.errors import ParameterError
from surp.tensors.dtypes import FLOATS, dtype_of
from surp.tensors.forms import Form
from surp.tensors.levels import Quantized, as_they_are, component_names
from surp.tensors.maps import LevelMap, RelativeMap

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
PRESETS = ("default", "fast", "max")
LAYOUTS = sorted((Path(codec.__file__).parent / "frame" / "layout_files").glob("*.json"))
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


@cache
def integers(count: int, seed: int) -> np.ndarray:
    """A linear congruential sequence of 31-bit integers: the same everywhere, without any library's generator."""
    values, state = [], seed
    for _ in range(count):
        state = (1103515245 * state + 12345) % (1 << 31)
        values.append(state >> 8)
    result = np.array(values, dtype=np.int64)
    result.flags.writeable = False
    return result


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


def floats() -> Quantized:
    """Floats of every type by their bits: subnormal, infinite, of both zeros and not a number too; and integers."""
    state = {}
    for name in FLOATS:
        own = dtype_of(name)
        words = (integers(60, 31) * (integers(60, 32) % 3 == 0) * 4099).astype(f"u{own.itemsize}")
        state[f"{name}.weight"] = words.view(own).reshape(6, 10)
    special = [0, 1, 0x7F800000, 0xFF800000, 0x7FC00001, 0x80000001, 0x80000000, 0x7F800001]
    state["special"] = np.array(special, np.uint32).view(np.float32)
    state["masked"] = (sparse((8, 9), 34, 3, 5) * np.float32(0.375)) * (integers(72, 35).reshape(8, 9) % 2)
    state["masked"] = state["masked"].astype(np.float32) * np.float32(-1)
    state["pair"] = np.arange(-3, 3, dtype=np.int8).reshape(2, 3)
    state["pair.scales"] = np.array([0.5, 0.25], np.float32)
    state["steps"] = np.array(938, dtype=np.int64)
    return as_they_are(state)


def rows() -> Quantized:
    """int8 rows with scales, of matrices, of a vector and of nothing; and what has none."""
    tensors = {
        "conv.weight": sparse((4, 2, 3, 3), 41, 2, 127).astype(np.int8),
        "fc.weight": sparse((12, 20), 42, 3, 127).astype(np.int8),
        "fc.bias": (sparse((12,), 43, 1, 100) * np.float32(0.0625)).astype(np.float32),
        "hollow": np.zeros((3, 0), np.int8),
        "vector": sparse((5,), 44, 1, 9).astype(np.int8),
        "vector.scales": np.array([1, 2], np.int8),
    }
    forms, arrays = {}, dict(tensors)
    for seed, name in enumerate(("conv.weight", "fc.weight", "hollow", "vector"), start=45):
        components = component_names(name, ("integers", "scales"), arrays)
        values = arrays.pop(name)
        scales = ((1 + integers(values.shape[0], seed) % 1000) / 1024).astype(np.float32)
        forms[name] = Form("scaled_rows", values.shape, "float32", components)
        arrays |= zip(components, (values, scales), strict=True)
    return replace(as_they_are(arrays, "int8"), forms=forms)


def base() -> dict[str, np.ndarray]:
    """What `forms` is told against."""
    return {"changed": np.arange(12, dtype=np.float32).reshape(3, 4)}


def forms() -> Quantized:
    """A tensor of every rule, two that share an array, and a trellis of each kind."""
    levels = {
        "units": sparse((2, 3), 61, 1, 9),
        "rows": np.array([True, False, True]),
        "columns": np.array([True, True, False, True]),
        "change": sparse((3, 4), 62, 2, 3),
        "embedding": sparse((6, 5), 63, 2, 3),
        "four": sparse((9, 7), 64, 2, 5),
        "eight": sparse((5, 8), 65, 2, 5),
    }
    steps = {"units": 0, "change": 0, "embedding": 0, "four": 4, "eight": 8}
    return Quantized(
        levels,
        {name: LevelMap(0.25, states=steps[name]) if name in steps else None for name in levels},
        {name: "float32" if name in steps else "bool" for name in levels},
        "another",
        forms={
            "narrow": Form("removed_units", (3, 4), "float32", ("units", "rows", "columns"), (0, 1)),
            "changed": Form("difference", (3, 4), "float32", ("change",)),
            "embed.weight": Form("shared", (6, 5), "float32", ("embedding",)),
            "head.weight": Form("shared", (6, 5), "float16", ("embedding",)),
        },
    )


def quantized_by_the_coder() -> Quantized:
    """Floats for a coder that quantizes by itself and writes a file of its own; names that end as its marks do."""
    tensors = {
        "fc.weight": sparse((12, 20), 51, 3, 9) * np.float32(0.125),
        "scalar": np.array(0.5),
        "x@scalar": np.array([0.25]),
        "x@array": np.array([[0.75]]),
    }
    tensors = {name: value.astype(np.float32) for name, value in tensors.items()} | {"steps": np.array(938, np.int32)}
    return as_they_are(tensors, "float32")


def linked() -> dict[str, np.ndarray]:
    """Weights whose rows make the columns of the next ones, so that hints act, and vectors: they read every table of
    the priors. The last weights are dense."""
    return {
        "conv1.weight": sparse((6, 2, 3, 3), 1, 3, 5),
        "conv2.weight": sparse((8, 6, 3, 3), 2, 4, 5),
        "fc1.weight": sparse((10, 8 * 9), 3, 5, 9),
        "fc2.weight": sparse((24, 10), 4, 3, 3),
        "fc3.weight": sparse((20, 24), 5, 1, 40),
        "norm.bias": sparse((700,), 6, 4, 300),
    }


def described(levels: dict[str, np.ndarray], passes: int = 0, ratio: int = 128, dtype: str = "float32") -> Quantized:
    """A model of weights, each with a map of its own; in passes those that have two dimensions."""
    maps = {name: LevelMap(0.1 * (n + 1), ratio, (n, -7, 30)[:n]) for n, name in enumerate(levels)}
    maps = {name: LevelMap(float(np.float32(m.step)), m.ratio, m.offsets) for name, m in maps.items()}
    embedded = tuple(sorted(name for name, level in levels.items() if passes and level.ndim > 1))
    return Quantized(levels, maps, dict.fromkeys(levels, dtype), "successive", passes, embedded)


def unusual() -> Quantized:
    """Maps, levels, passes and a quantizer that the header has to say more of."""
    levels = model().levels | {"old": np.array([[3, 0], [0, 250]], np.uint8), "weight": sparse((5, 6), 9, 2, 3)}
    maps = model().maps | {"old": None, "weight": LevelMap(0.5)}
    types = model().dtypes | {"old": "int64", "weight": "float64"}
    return Quantized(levels, maps, types, "another", 3, (*model().embedded, "fc1.bias")[:2])


def of_layout(path: Path) -> Quantized:
    """A model whose names and shapes are a layout's."""
    entries = json.loads(path.read_text())
    levels = {name: np.zeros(shape, dtype=np.int32) for name, _, shape in entries}
    levels[entries[0][0]] = sparse(entries[0][2], 7, 2, 50)
    kinds = {name: LevelMap(0.5) if len(shape) > 1 else RelativeMap(2000, 4) for name, _, shape in entries}
    maps = {name: kinds[name] if dtype == "float32" else None for name, dtype, _ in entries}
    return Quantized(levels, maps, {name: dtype for name, dtype, _ in entries}, "uniform")


def lanes() -> dict[str, np.ndarray]:
    """More than a lane, and almost nothing but zeros, so that the file is padded."""
    zeros = np.zeros((1024, 1024), dtype=np.int32)
    return {"a": zeros, "b": sparse((9, 9), 7, 2, 50), "c": zeros}


def _of_kinds(coder: str, preset: str) -> dict[str, Callable[[], bytes]]:
    """The kinds of files that every coder of our frame writes."""
    way = {"coder": coder, "preset": preset}
    return {
        "levels": lambda: codec.encode_levels(levels(), **way),
        "uniform": lambda: codec.encode(uniform(), **way),
        "exact": lambda: codec.encode(floats(), **way),
        "int8": lambda: codec.encode(rows(), **way),
        "forms": lambda: codec.encode(forms(), base=base(), **way),
    }


def _of_passes(preset: str) -> dict[str, Callable[[], bytes]]:
    """The kinds of files that `adaptive` alone writes, and those that read every table of its priors."""
    return {
        "successive": lambda: codec.encode(model(), preset=preset),
        "cut": lambda: codec.open(codec.encode(model(), preset=preset)).truncate(170),
        "linked": lambda: codec.encode_levels(linked(), preset=preset),
        "linked-successive": lambda: codec.encode(described(linked(), passes=6, ratio=77), preset=preset),
    }


def _makers() -> dict[str, Callable[[], bytes]]:
    found = {}
    for coder, preset in [*(("adaptive", p) for p in PRESETS), ("huffman_csr", "default"), ("bitmap_zstd", "default")]:
        for kind, make in (_of_kinds(coder, preset) | (_of_passes(preset) if coder == "adaptive" else {})).items():
            found[f"{kind}-{coder}-{preset}.surp"] = make
    found["unusual-adaptive-default.surp"] = lambda: codec.encode(unusual())
    for path in LAYOUTS:
        found[f"layout-{path.stem}.surp"] = partial(lambda path: codec.encode(of_layout(path), preset="fast"), path)
    return found


MAKERS = _makers()
"""How each golden file is made, by name."""
LARGE = {"lanes-adaptive-fast.surp": lambda: codec.encode_levels(lanes(), preset="fast")}
"""Golden files that are small and hold much."""
PEERS = {
    "levels-nncodec-default.surp": lambda: codec.encode_levels(levels(), coder="nncodec"),
    "uniform-nncodec-default.surp": lambda: codec.encode(uniform(), coder="nncodec"),
    "exact-nncodec-default.surp": lambda: codec.encode(floats(), coder="nncodec"),
    "own-nncodec-default.surp": lambda: codec.encode(quantized_by_the_coder(), coder="nncodec"),
}
"""Golden files that are made and read only where nncodec is installed (`make peers`)."""


def files() -> dict[str, bytes]:
    """Name and content of every golden file but large ones and those of peers."""
    return {name: make() for name, make in MAKERS.items()}


def main(folder: Path) -> None:
    makers = MAKERS | LARGE
    try:
        peer.python()
        makers = makers | PEERS
    except ParameterError as error:
        print(f"files of nncodec stay as they are: {error}")
    for path in folder.glob("*.surp"):
        if path.name not in MAKERS | LARGE | PEERS:
            path.unlink()
    for name, make in makers.items():
        content = make()
        (folder / name).write_bytes(content)
        print(name, len(content), "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
