"""docs/format.md is complete: a reader written from it alone gives the tensors that the package gives."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from make_golden import GOLDEN, files, floats, model, sparse
from spec_reader import read

from surp import codec
from surp.codec import _lanes
from surp.levels import LevelMap, Quantized, RelativeMap

PRESETS = pytest.mark.parametrize("preset", ["fast", "default", "max"])
ALLOWED = {"__future__", "typing", "zlib", "numpy", "ast", "json", "struct", "dataclasses", "functools", "math"}
ALLOWED |= {"pathlib", "base64", "bisect", "itertools", "types", "collections"}
LAYOUTS = Path(codec.__file__).parent / "layouts"

LINKED = {
    "conv1.weight": sparse((6, 2, 3, 3), 1, 3, 5),
    "conv2.weight": sparse((8, 6, 3, 3), 2, 4, 5),
    "fc1.weight": sparse((10, 8 * 9), 3, 5, 9),
    "fc2.weight": sparse((24, 10), 4, 3, 3),
    "fc3.weight": sparse((20, 24), 5, 1, 40),
}
"""Each one's rows make the columns of the next, so that hints act. The last one is dense."""
SHAPES = [(), (1,), (40,), (300,), (0, 5), (1, 9), (50, 3), (3, 49), (2, 1100), (22, 64), (12, 4, 2, 2), (5, 4, 9)]
VARIED = {f"tensor {shape}": sparse(shape, len(str(shape)), 1 + n % 4, 3 + n) for n, shape in enumerate(SHAPES)}
"""Folded, narrow, long (of more than 1023 hits a row), empty and square ones."""


def same(found, wanted):
    assert set(found) == set(wanted)
    for name, tensor in wanted.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].shape == tensor.shape
        assert found[name].tobytes() == tensor.tobytes()


def described(levels, passes=0, ratio=128, dtype="float32"):
    """A model of weights, each with a map of its own; in passes those that have two dimensions."""
    maps = {name: LevelMap(0.1 * (n + 1), ratio, (n, -7, 30)[:n]) for n, name in enumerate(levels)}
    maps = {name: LevelMap(float(np.float32(m.step)), m.ratio, m.offsets) for name, m in maps.items()}
    embedded = tuple(sorted(name for name, level in levels.items() if passes and level.ndim > 1))
    return Quantized(levels, maps, dict.fromkeys(levels, dtype), "successive", passes, embedded)


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("spec_reader*.py")), ids=lambda path: path.name)
def test_the_reader_imports_nothing_of_the_package(path):
    tree = ast.walk(ast.parse(path.read_text()))
    names = [alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names if not name.startswith("spec_reader")} <= ALLOWED


@pytest.mark.parametrize("name", files())
def test_golden_files_are_read(name):
    data = (GOLDEN / name).read_bytes()
    same(read(data), codec.decode_state(data)[0])


@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize("name", ["successive-v1.surp", "cut-v1.surp"])
def test_prefixes_of_golden_files_are_read(name, passes):
    data = (GOLDEN / name).read_bytes()
    same(read(data, passes), codec.decode(data, passes=passes).state())


@PRESETS
def test_linked_layers_are_read(preset):
    same(read(codec.encode_levels(LINKED, preset=preset)), LINKED)


@PRESETS
def test_linked_layers_are_read_in_passes(preset):
    wanted = described(LINKED, passes=6, ratio=77)
    data = codec.encode(wanted, preset=preset)
    same(read(data), wanted.state())
    same(read(data, 4), codec.decode(data, passes=4).state())


@PRESETS
def test_every_shape_is_read(preset):
    same(read(codec.encode_levels(VARIED, preset=preset)), VARIED)


@PRESETS
def test_every_shape_is_read_in_passes(preset):
    wanted = described(VARIED, passes=4, dtype="bfloat16")
    same(read(codec.encode(wanted, preset=preset)), wanted.state())


@PRESETS
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int64", "uint64"])
def test_every_dtype_is_read(preset, dtype):
    ends = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    levels = {"w": (LINKED["fc1.weight"] % 3 == 1).astype(dtype), "b": np.array([*ends, 0, 1, *ends], dtype=dtype)}
    levels["dense"] = np.resize(np.array([1, 0, 1, 1], dtype=dtype), (9, 20))
    same(read(codec.encode_levels(levels, preset=preset)), levels)


@PRESETS
def test_exact_floats_are_read(preset):
    data = codec.encode_exact(*floats(), preset=preset)
    same(read(data), codec.decode_state(data)[0])


@PRESETS
def test_cut_files_are_read(preset):
    data = codec.encode(described(LINKED, passes=6), preset=preset)
    tails = 0
    for size in (len(data) * 95 // 100, len(data) * 3 // 4):
        cut = codec.truncate(data, size)
        found = codec.decode(cut)
        tails += found.tail is not None
        same(read(cut), found.state())
        same(read(cut, 2), codec.decode(cut, passes=2).state())
    assert tails


@PRESETS
def test_lanes_are_read(preset, monkeypatch):
    monkeypatch.setattr(_lanes, "LANE", 500)
    plain, passes = codec.encode_levels(LINKED, preset=preset), described(LINKED, passes=6)
    same(read(plain, lane=500), LINKED)
    same(read(codec.encode(passes, preset=preset), lane=500), passes.state())


def test_lanes_of_full_size_are_read():
    levels = {"a": np.zeros((1024, 1024), dtype=np.int32), "b": LINKED["fc3.weight"]}
    same(read(codec.encode_levels(levels, preset="fast")), levels)


@pytest.mark.parametrize("path", sorted(LAYOUTS.glob("*.json")), ids=lambda path: path.stem)
def test_layouts_are_read(path):
    entries = json.loads(path.read_text())
    levels = {name: np.zeros(shape, dtype=np.int32) for name, _, shape in entries}
    levels[entries[0][0]] = sparse(entries[0][2], 7, 2, 50)
    kinds = {name: LevelMap(0.5) if len(shape) > 1 else RelativeMap(2000, 4) for name, _, shape in entries}
    maps = {name: kinds[name] if dtype == "float32" else None for name, dtype, _ in entries}
    data = codec.encode(Quantized(levels, maps, {name: dtype for name, dtype, _ in entries}, "uniform"), preset="fast")
    assert len(data) < 300
    same(read(data), codec.decode(data).state())


def test_maps_and_levels_out_of_the_ordinary_are_read():
    levels = model().levels | {"old": np.array([[3, 0], [0, 250]], np.uint8), "weight": sparse((5, 6), 9, 2, 3)}
    maps = model().maps | {"old": None, "weight": LevelMap(0.5)}
    types = model().dtypes | {"old": "int64", "weight": "float64"}
    wanted = Quantized(levels, maps, types, "another", 3, (*model().embedded, "fc1.bias")[:2])
    data = codec.encode(wanted)
    same(read(data), wanted.state())
    relative = {"largest": RelativeMap((255 << 23) - 1, 23), "least": RelativeMap(1, 0), "beyond": RelativeMap(2, 4)}
    wanted = Quantized(
        dict.fromkeys(relative, sparse((4, 9), 8, 1, 9)), relative, dict.fromkeys(relative, "float32"), ""
    )
    assert not wanted.state()["beyond"].all()
    same(read(codec.encode(wanted)), wanted.state())
    narrow = described({"a": LINKED["fc1.weight"]})
    narrow.maps["a"] = LevelMap(0.75, 128, (1, -2, 3, -4, 5))
    same(read(codec.encode(narrow)), narrow.state())
