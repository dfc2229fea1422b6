"""Plain integers: any dtype, any shape, exactly."""

import lzma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surp import codec
from surp.codec import decode_levels, encode_levels
from surp.errors import ParameterError, UnknownNameError

DTYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
)


def assert_same(found, wanted):
    assert set(found) == set(wanted)
    for name, tensor in wanted.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].shape == tensor.shape
        assert np.array_equal(found[name], tensor)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=12).filter(_utf8 := lambda s: s.isprintable()), ARRAYS, max_size=4))
def test_any_integers_come_back(levels):
    assert_same(decode_levels(encode_levels(levels)), levels)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (0, 1 << 20), (7, 0, 3), (1, 1), (1000,), (300, 3), (2, 3, 4, 5)])
def test_zeros_and_extremes_of_every_type_and_shape_come_back(dtype, shape):
    ends = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    levels = {str(value): np.full(shape, value, dtype=dtype) for value in {0, *ends}}
    assert_same(decode_levels(encode_levels(levels)), levels)


def test_every_coder_returns_dense_and_sparse_levels(coder):
    rng = np.random.default_rng(0)
    dense = np.rint(rng.laplace(scale=9, size=(60, 50))).astype(np.int32)
    levels = {"dense": dense, "sparse": dense * (rng.random(dense.shape) < 0.05)}
    assert_same(decode_levels(encode_levels(levels, coder=coder)), levels)


def test_no_tensors_at_all_come_back():
    assert decode_levels(encode_levels({})) == {}


def test_views_and_read_only_arrays_are_coded_as_they_look():
    base = np.arange(-30, 30, dtype=np.int32).reshape(6, 10)
    frozen = base.copy()
    frozen.flags.writeable = False
    levels = {"turned": base.T, "every other": base[::2, ::3], "frozen": frozen, "big": base.astype(">i4")}
    found = decode_levels(encode_levels(levels))
    assert all(np.array_equal(found[name], levels[name]) for name in levels)


def test_the_same_levels_in_another_order_give_the_same_bytes():
    levels = {name: np.arange(5, dtype=np.int32) for name in "abc"}
    assert encode_levels(levels) == encode_levels(dict(reversed(levels.items())))


def test_floats_are_refused_by_tensor_and_dtype():
    with pytest.raises(ParameterError, match=r"'w'.*float32.*integers"):
        encode_levels({"w": np.zeros(3, dtype=np.float32)})


def test_unknown_coder_and_preset_are_answered_with_the_names():
    with pytest.raises(UnknownNameError, match="adaptive"):
        encode_levels({}, coder="huffman")
    with pytest.raises(UnknownNameError, match="default"):
        encode_levels({}, preset="turbo")


def test_a_name_that_utf8_cannot_express_is_refused():
    with pytest.raises(ParameterError, match="UTF-8"):
        encode_levels({"\ud800": np.zeros(1, dtype=np.int8)})


def laplacian_levels(count: int, survivors: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    levels = np.ceil(rng.exponential(2.5, size=count)).astype(np.int32) * rng.choice([-1, 1], size=count)
    return np.where(rng.random(count) < survivors, levels, 0).astype(np.int32).reshape(-1, 500)


def entropy_bytes(levels: np.ndarray) -> float:
    _, counts = np.unique(levels, return_counts=True)
    return float(-(counts * np.log2(counts / levels.size)).sum() / 8)


@pytest.mark.parametrize("survivors", [1.0, 0.1, 0.02])
def test_independent_levels_cost_within_one_percent_of_their_entropy(survivors):
    levels = laplacian_levels(1_000_000, survivors)
    assert len(encode_levels({"w": levels})) < 1.01 * entropy_bytes(levels)


def test_sparse_levels_are_smaller_than_with_xz():
    levels = laplacian_levels(100_000, 0.05)
    packed = lzma.compress(levels.astype(np.int8).tobytes(), preset=9)
    assert len(encode_levels({"w": levels})) < 0.9 * len(packed)


def test_rows_and_columns_of_unequal_density_cost_less_than_the_entropy():
    rng = np.random.default_rng(2)
    chance = 0.1 * rng.gamma(0.5, 2, size=(200, 1)) * rng.gamma(0.5, 2, size=(1, 300))
    levels = (rng.random((200, 300)) < chance).astype(np.int32)
    assert len(encode_levels({"w": levels})) < 0.9 * entropy_bytes(levels)


def test_description_of_levels_names_shapes_and_where_the_bytes_went():
    levels = {"w": laplacian_levels(50_000, 0.1), "flag": np.array([True])}
    data = encode_levels(levels)
    file = codec.open(data)
    facts = codec.describe(file)
    assert facts["total_bytes"] == len(data)
    assert facts["quantizer"] is None
    rows = {row["name"]: row for row in facts["tensors"]}
    assert rows["w"]["nonzero"] == np.count_nonzero(levels["w"])
    assert rows["w"]["shape"] == [100, 500]
    blocks = sum(block["bytes"] for block in facts["blocks"])
    assert abs(sum(row["bytes"] for row in facts["tensors"]) - blocks) < 1
    assert facts["header_bytes"] + blocks + 4 * len(file.places) == len(data)
