"""Lanes: the same bytes whatever the threads, and every lane at its place."""

from itertools import pairwise
from threading import Lock

import numpy as np
import pytest
from frames import header_of, integers
from hypothesis import given
from hypothesis import strategies as st

from surp import codec
from surp.codec import work as _work
from surp.codec.frame import header as _header
from surp.codec.frame.wire import LANE
from surp.codec.work import Work
from surp.errors import TruncatedFileError
from surp.tensors.levels import Quantized, as_they_are
from surp.tensors.maps import LevelMap

SHAPES = {"a": (LANE // 512, 512), "b": (40, 30), "c": (LANE // 1024 + 3, 1024), "d": (7,)}
IN_LANES = 2
"""Vectors come first: d and a, then b and c."""


def levels():
    rng = np.random.default_rng(0)
    sparse = {name: rng.integers(-2, 3, size=shape) * (rng.random(shape) < 0.01) for name, shape in SHAPES.items()}
    return {name: level.astype(np.int32) for name, level in sparse.items()}


@given(st.lists(st.lists(st.integers(0, 2 * LANE) | st.integers(0, 9), max_size=2), max_size=9))
def test_every_lane_but_the_last_is_full_and_none_holds_a_part_more_than_it_needs(shapes):
    shapes = [shape if np.prod(shape) < 64 * LANE else shape[:1] for shape in shapes]
    arrays = [integers(str(number), tuple(shape)) for number, shape in enumerate(shapes)]
    lanes = header_of("levels", *arrays).plain_lanes
    filled = [sum(part.size for part in lane) for lane in lanes]
    assert all(total >= LANE for total in filled[:-1])
    assert all(total - lane[-1].size < LANE for total, lane in zip(filled, lanes, strict=True))
    parts = [part for lane in lanes for part in lane]
    order = sorted(arrays, key=lambda array: array.kind)
    assert list(dict.fromkeys(part.array.name for part in parts)) == [array.name for array in order], "vectors first"
    for array in arrays:
        rows = [part.rows for part in parts if part.array is array]
        assert (rows[0].start, rows[-1].stop) == (0, array.rows)
        assert all(before.stop == after.start for before, after in pairwise(rows))


@given(st.integers(1, 5000), st.integers(1, 3000))
def test_an_array_of_two_lanes_or_more_is_cut_by_rows_into_parts_of_about_a_lane(rows, width):
    parts = [part for lane in header_of("levels", integers("w", (rows, width))).plain_lanes for part in lane]
    if rows * width < 2 * LANE:
        assert len(parts) == 1
        return
    assert len(parts) == min(rows * width // LANE, rows)
    assert all(LANE - width < part.size < 2 * LANE + width for part in parts)
    assert {part.shape[1:] for part in parts} == {(width,)}


@pytest.fixture
def short_lanes(monkeypatch):
    """Lanes of a few elements, so that small arrays are cut."""
    monkeypatch.setattr(_header, "LANE", 100)


@pytest.mark.parametrize("preset", ["fast", "default", "max"])
def test_an_array_that_is_cut_comes_back(preset, short_lanes):
    rng = np.random.default_rng(1)
    wanted = {
        "cube": rng.integers(-3, 4, size=(7, 9, 20)).astype(np.int32),
        "flags": rng.random((40, 11)) < 0.5,
        "long": rng.integers(-(1 << 40), 1 << 40, size=999),
        "wide": rng.integers(0, 9, size=(2, 1000)).astype(np.uint8),
    }
    data = codec.encode_levels(wanted, preset=preset)
    assert len(codec.open(data).places) > 20
    found = codec.decode_levels(data)
    assert all(np.array_equal(found[name], level) for name, level in wanted.items())


def test_floats_that_are_cut_come_back_bit_for_bit(short_lanes):
    rng = np.random.default_rng(2)
    wanted = {
        name: (rng.normal(size=(30, 50)) * (rng.random((30, 50)) < 0.3)).astype(dtype)
        for name, dtype in (("a", np.float32), ("b", np.float16), ("c", np.float64))
    }
    data = codec.encode(as_they_are(wanted))
    assert {place.block for place in codec.open(data).places} == {"plain", "signs", "mantissas"}
    found = codec.open(data).state()
    assert all(found[name].tobytes() == value.tobytes() for name, value in wanted.items())


def test_passes_of_an_array_that_is_cut_have_prefixes_and_cuts(short_lanes):
    rng = np.random.default_rng(3)
    wanted = {name: np.rint(rng.laplace(scale=3, size=(30, 40))).astype(np.int32) for name in "ab"}
    maps = dict.fromkeys(wanted, LevelMap(0.5))
    model = Quantized(wanted, maps, dict.fromkeys(wanted, "float32"), "successive", 5, ("a", "b"))
    data = codec.encode(model)
    found = codec.decode(data)
    assert all(np.array_equal(found.levels[name], level) for name, level in wanted.items())
    prefix = codec.decode(data, passes=4)
    for name, level in wanted.items():
        assert np.array_equal(np.abs(prefix.levels[name]), np.abs(level) >> 1)
    cut = codec.decode(codec.open(data).truncate(len(data) - 100))
    assert cut.tail is not None
    again = codec.decode(codec.encode(cut))
    assert all(np.array_equal(again.levels[name], level) for name, level in cut.levels.items())


def test_lanes_without_elements_take_no_byte_and_a_file_may_end_before_them(short_lanes):
    wanted = {"a": np.ones((20, 10), np.int32), "b": np.zeros((0, 10), np.int32)}
    maps = dict.fromkeys(wanted, LevelMap(0.5))
    data = codec.encode(Quantized(wanted, maps, dict.fromkeys(wanted, "float32"), "successive", 3, ("a", "b")))
    places = {(place.block, place.lane): place for place in codec.open(data).places}
    assert [place.length > 0 for place in places.values()] == [True, True, False] * 3
    end = places["pass 1", 2].offset
    with pytest.raises(TruncatedFileError, match=f"its first {end} bytes"):
        codec.open(data[: end - 1], partial=True)
    assert codec.open(data[:end], partial=True).whole == 1
    assert codec.open(data).model().levels["b"].shape == (0, 10)


@pytest.mark.parametrize("preset", ["fast", "default", "max"])
def test_threads_change_no_byte(preset):
    wanted = levels()
    data = codec.encode_levels(wanted, preset=preset, work=Work(threads=1))
    assert codec.encode_levels(wanted, preset=preset, work=Work(threads=3)) == data
    for threads in (1, 3):
        found = codec.decode_levels(data, work=Work(threads=threads))
        assert all(np.array_equal(found[name], level) for name, level in wanted.items())


def test_threads_change_no_byte_of_passes():
    names = ("a", "b", "c")
    wanted = {name: level for name, level in levels().items() if name in names}
    maps = dict.fromkeys(names, LevelMap(0.5, 128, (100, 90)))
    model = Quantized(wanted, maps, dict.fromkeys(names, "float32"), "successive", 2, names)
    data = codec.encode(model, work=Work(threads=1))
    assert codec.encode(model, work=Work(threads=2)) == data
    found = codec.decode(data, work=Work(threads=2))
    assert all(np.array_equal(found.levels[name], level) for name, level in wanted.items())
    first = codec.decode(data, passes=1).state()
    assert {name: np.count_nonzero(first[name]) for name in names} == {
        name: np.count_nonzero(np.abs(level) > 1) for name, level in wanted.items()
    }


def test_progress_tells_of_every_element_once():
    told, lock = [], Lock()

    def progress(more):
        with lock:
            told.append(more)

    codec.encode_levels(levels(), work=Work(threads=2, progress=progress))
    assert len(told) == IN_LANES
    assert sum(told) == sum(level.size for level in levels().values())


def test_more_lanes_than_one_run_in_threads_of_their_own(monkeypatch):
    asked = []

    class Pool(_work.ThreadPoolExecutor):
        def __init__(self, threads):
            asked.append(threads)
            super().__init__(threads)

    monkeypatch.setattr(_work, "ThreadPoolExecutor", Pool)
    codec.encode_levels(levels(), preset="fast", work=Work(threads=8))
    assert asked == [IN_LANES]
