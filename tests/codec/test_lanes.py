"""Lanes: the same bytes whatever the threads, and every lane at its place."""

from threading import Lock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surp.codec.lanes import Work, join, lanes, split

from surp import codec
from surp.codec import lanes as _lanes
from surp.codec.frame.container import Block
from surp.codec.frame.wire import LANE
from surp.errors import CorruptFileError
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap

CODES = st.lists(st.binary(max_size=300), min_size=1, max_size=6)
SHAPES = {"a": (LANE // 512, 512), "b": (40, 30), "c": (LANE // 1024 + 3, 1024), "d": (7,)}
IN_LANES = 2
"""Vectors come first: d and a, then b and c."""


def levels():
    rng = np.random.default_rng(0)
    sparse = {name: rng.integers(-2, 3, size=shape) * (rng.random(shape) < 0.01) for name, shape in SHAPES.items()}
    return {name: level.astype(np.int32) for name, level in sparse.items()}


@given(CODES)
def test_codes_come_apart_as_they_were_joined(codes):
    assert [part.content for part in split(Block("plain", 0, join(codes)), len(codes))] == codes


@given(st.binary(max_size=40), st.integers(1, 9))
def test_any_bytes_come_apart_or_are_corrupt(content, count):
    try:
        parts = split(Block("plain", 0, content), count)
    except CorruptFileError:
        return
    assert len(parts) == count
    assert content.endswith(b"".join(part.content for part in parts))


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x05abc", b"\xff" * 12])
def test_lengths_that_do_not_fit_are_named_with_block_and_offset(content):
    with pytest.raises(CorruptFileError, match="block plain at byte 7"):
        split(Block("plain", 7, content), 2)


@given(st.lists(st.integers(0, 2 * LANE), max_size=9))
def test_every_lane_but_the_last_is_full_and_none_holds_a_tensor_more_than_it_needs(sizes):
    found = lanes(sizes)
    assert [index for lane in found for index in lane] == list(range(len(sizes)))
    filled = [sum(sizes[index] for index in lane) for lane in found]
    assert all(total >= LANE for total in filled[:-1])
    assert all(total - sizes[lane[-1]] < LANE for total, lane in zip(filled, found, strict=True))


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

    class Pool(_lanes.ThreadPoolExecutor):
        def __init__(self, threads):
            asked.append(threads)
            super().__init__(threads)

    monkeypatch.setattr(_lanes, "ThreadPoolExecutor", Pool)
    codec.encode_levels(levels(), preset="fast", work=Work(threads=8))
    assert asked == [IN_LANES]
