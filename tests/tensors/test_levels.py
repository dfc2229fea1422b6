"""Integer levels, their map to values, and their file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surp.errors import WeightsError
from surp.tensors.forms import Form
from surp.tensors.levels import Quantized
from surp.tensors.levels_file import read_levels, write_levels
from surp.tensors.maps import HALF, LevelMap, RelativeMap, Tail
from surp.tensors.safetensors_file import write_state

MAPS = st.builds(
    LevelMap,
    step=st.floats(2.0**-20, 16, width=32),
    ratio=st.integers(HALF, 255),
    offsets=st.lists(st.integers(0, 127), max_size=3).map(tuple),
)


def test_halving_thresholds_make_the_base_the_level_itself():
    levels = np.array([0, 1, -1, 2, -7])
    np.testing.assert_array_equal(LevelMap(0.5).values(levels), levels * 0.5)


def test_the_last_offset_serves_all_larger_levels():
    values = LevelMap(1.0, HALF, (64, 128)).values(np.array([1, 2, 3, -3, 0]))
    np.testing.assert_array_equal(values, [1.25, 2.5, 3.5, -3.5, 0.0])


def test_other_ratios_add_the_thresholds_that_were_hit():
    level_map = LevelMap(1.0, 160)
    threshold = 256 / 160
    np.testing.assert_allclose(level_map.values(np.array([1, 2, 3, 4])), [1, threshold, 1 + threshold, threshold**2])


@given(MAPS, st.lists(st.integers(-1000, 1000), max_size=20))
def test_values_are_odd_in_the_level_and_zero_only_at_zero(level_map, levels):
    levels = np.array(levels, dtype=np.int64)
    values = level_map.values(levels)
    np.testing.assert_array_equal(values, -level_map.values(-levels))
    np.testing.assert_array_equal(values == 0, levels == 0)


def test_relative_levels_are_the_floats_of_few_digits_from_the_largest_one_down():
    word = int(np.float32(1).view(np.uint32)) >> 21
    values = RelativeMap(word, 2).values(np.array([1, 2, 3, 4, 5, 6, -2, 0]))
    np.testing.assert_array_equal(values, [1, 0.875, 0.75, 0.625, 0.5, 0.4375, -0.875, 0])
    np.testing.assert_array_equal(RelativeMap(word, 2).values(np.array([word, word + 1, 1 << 30])), [2.0**-128, 0, 0])


def test_levels_survive_writing_and_reading(tmp_path):
    quantized = Quantized(
        levels={
            "w": np.array([[1, -2], [0, 3]], np.int32),
            "n": np.array(5, np.int32),
            "b": np.array([1, -2], np.int32),
            "t": np.array([[5, 1], [-3, 2]], np.int32),
            "f": np.array([-0.0, np.inf], np.float32),
            "tied": np.array([[1.5]], np.float16),
        },
        maps={
            **{"w": LevelMap(0.25, 200, (10, 20)), "n": None, "b": RelativeMap(2000, 4)},
            **{"t": LevelMap(0.5, states=8), "f": None, "tied": None},
        },
        dtypes={"w": "float32", "n": "int64", "b": "float32", "t": "float64", "f": "float32", "tied": "float16"},
        quantizer="successive",
        passes=2,
        embedded=("w",),
        tail=Tail("w", 1, LevelMap(0.5)),
        forms={name: Form("shared", (1, 1), "float32", ("tied",)) for name in ("embed", "head")},
    )
    write_levels(tmp_path / "levels.safetensors", quantized)
    back = read_levels(tmp_path / "levels.safetensors")
    for what in ("maps", "dtypes", "quantizer", "passes", "embedded", "tail", "forms"):
        assert getattr(back, what) == getattr(quantized, what)
    assert set(quantized.state()) == {"w", "n", "b", "t", "f", "embed", "head"}
    for name, value in quantized.state().items():
        np.testing.assert_array_equal(back.state()[name], value)
        assert back.state()[name].dtype == value.dtype


@pytest.mark.parametrize("header", ["", "[]", "{}", '{"maps": {"w": {"step": "wide"}}}'])
@pytest.mark.parametrize("kind", ["levels"])
def test_damaged_metadata_of_levels_are_one_line(tmp_path, kind, header):
    metadata = {"surp.kind": kind, "surp.levels": header}
    write_state(tmp_path / "l.safetensors", {"w": np.ones((2, 2), np.int32)}, metadata)
    with pytest.raises(WeightsError, match=r"^.*l\.safetensors: metadata surp\.levels is damaged: .*$"):
        read_levels(tmp_path / "l.safetensors")


def test_a_checkpoint_is_not_taken_for_levels(tmp_path):
    write_state(tmp_path / "w.safetensors", {"w": np.ones((2, 2), np.float32)})
    with pytest.raises(WeightsError, match="holds no levels"):
        read_levels(tmp_path / "w.safetensors")
