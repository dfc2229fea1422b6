"""docs/format.md is complete: a reader written from it alone gives the tensors that the package gives."""

import ast
from pathlib import Path

import numpy as np
import pytest
from make_golden import GOLDEN, MAKERS, base, described, floats, forms, linked, sparse
from spec_reader import read

from surp import codec
from surp.codec.frame import header as header_module
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap, RelativeMap

PRESETS = pytest.mark.parametrize("preset", ["fast", "default", "max"])
ALLOWED = {"__future__", "typing", "zlib", "numpy", "ast", "json", "struct", "dataclasses", "functools", "math"}
ALLOWED |= {"pathlib", "hashlib", "ml_dtypes", "bisect", "itertools", "types", "collections"}

LINKED = linked()
SHAPES = [(), (1,), (40,), (300,), (0, 5), (1, 9), (50, 3), (3, 49), (2, 1100), (22, 64), (12, 4, 2, 2), (5, 4, 9)]
VARIED = {f"tensor {shape}": sparse(shape, len(str(shape)), 1 + n % 4, 3 + n) for n, shape in enumerate(SHAPES)}
"""Folded, narrow, long (of more than 1023 hits a row), empty and square ones."""


def same(found, wanted):
    assert set(found) == set(wanted)
    for name, tensor in wanted.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].shape == tensor.shape
        assert found[name].tobytes() == tensor.tobytes()


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("spec_reader*.py")), ids=lambda path: path.name)
def test_the_reader_imports_nothing_of_the_package(path):
    tree = ast.walk(ast.parse(path.read_text()))
    names = [alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names if not name.startswith("spec_reader")} <= ALLOWED


ADAPTIVE = [name for name in MAKERS if "huffman" not in name and "zstd" not in name]


@pytest.mark.parametrize("name", ADAPTIVE)
def test_golden_files_are_read(name):
    data = (GOLDEN / name).read_bytes()
    against = base() if name.startswith("forms") else None
    same(read(data, base=against), codec.open(data).state(against))


@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize("name", [name for name in ADAPTIVE if name.startswith(("succ", "cut", "linked-succ"))])
def test_prefixes_of_golden_files_are_read(name, passes):
    data = (GOLDEN / name).read_bytes()
    same(read(data, passes), codec.decode(data, passes=passes).state())


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
def test_signs_of_zeros_are_read_in_lanes_too(preset, monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 50)
    same(read(codec.encode(floats(), preset=preset), lane=50), floats().levels)


@PRESETS
def test_cut_files_are_read(preset):
    data = codec.encode(described(LINKED, passes=6), preset=preset)
    tails = 0
    for size in (len(data) * 95 // 100, len(data) * 3 // 4):
        cut = codec.open(data).truncate(size)
        found = codec.decode(cut)
        tails += found.tail is not None
        same(read(cut), found.state())
        same(read(cut, 2), codec.decode(cut, passes=2).state())
    assert tails


@PRESETS
def test_forms_are_read(preset):
    same(read(codec.encode(forms(), base=base(), preset=preset), base=base()), forms().state(base()))


@PRESETS
def test_lanes_are_read(preset, monkeypatch):
    monkeypatch.setattr(header_module, "LANE", 500)
    plain, passes = codec.encode_levels(LINKED, preset=preset), described(LINKED, passes=6)
    same(read(plain, lane=500), LINKED)
    same(read(codec.encode(passes, preset=preset), lane=500), passes.state())


def test_lanes_of_full_size_are_read():
    levels = {"a": np.zeros((1024, 1024), dtype=np.int32), "b": LINKED["fc3.weight"]}
    same(read(codec.encode_levels(levels, preset="fast")), levels)


def test_relative_maps_at_their_limits_are_read():
    relative = {"largest": RelativeMap((255 << 23) - 1, 23), "least": RelativeMap(1, 0), "beyond": RelativeMap(2, 4)}
    levels, types = dict.fromkeys(relative, sparse((4, 9), 8, 1, 9)), dict.fromkeys(relative, "float32")
    wanted = Quantized(levels, relative, types, "")
    assert not wanted.state()["beyond"].all()
    same(read(codec.encode(wanted)), wanted.state())


def test_a_map_of_many_offsets_is_read():
    narrow = described({"a": LINKED["fc1.weight"]})
    narrow.maps["a"] = LevelMap(0.75, 128, (1, -2, 3, -4, 5))
    same(read(codec.encode(narrow)), narrow.state())
