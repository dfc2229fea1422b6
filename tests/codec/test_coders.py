"""What every coder of the folder does, in the frame that all of them share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from frames import header_of, integers, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from make_golden import floats, levels, model, uniform

from surp import codec, registry
from surp.codec import decode, decode_levels, describe, encode, encode_levels
from surp.codec.coder import has_passes, quantizes
from surp.codec.frame import wire
from surp.codec.frame.container import seal
from surp.codec.frame.fields import read_fields, write_fields
from surp.codec.frame.header import Array
from surp.errors import CorruptFileError, ParameterError, UnknownNameError
from surp.tensors.maps import LevelMap, Tail

DTYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
)
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)


def examples(coder: str, count: int) -> int:
    """Fewer for a coder that starts a process each time."""
    return 8 if quantizes(registry.load("coders", coder)) else count


def assert_same(found, wanted):
    assert set(found) == set(wanted)
    for name, tensor in wanted.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
        assert np.array_equal(found[name], tensor)


def test_any_integers_come_back(coder):
    @settings(max_examples=examples(coder, 50), deadline=None)
    @given(st.dictionaries(NAMES, ARRAYS, max_size=4), st.sampled_from([0, 1, 3]))
    def holds(tensors, one_in):
        wanted = {
            name: value * (np.arange(value.size).reshape(value.shape) % 5 < one_in).astype(value.dtype)
            for name, value in tensors.items()
        }
        wanted = {name: np.asarray(value, dtype=tensors[name].dtype) for name, value in wanted.items()}
        assert_same(decode_levels(encode_levels(wanted, coder=coder)), wanted)

    holds()


def test_zeros_and_extremes_of_every_type_and_shape_come_back(coder):
    wanted = {}
    for dtype in DTYPES:
        ends = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        for shape in [(), (0,), (1,), (0, 1 << 20), (7, 0, 3), (300, 3), (2, 3, 4, 5)]:
            wanted |= {f"{dtype} {shape} {v}": np.full(shape, v, dtype=dtype) for v in {0, *ends}}
        wanted[f"{dtype} both"] = np.resize(np.array(ends, dtype=dtype), (3, 4))
    assert_same(decode_levels(encode_levels(wanted, coder=coder)), wanted)


def test_no_tensors_at_all_come_back(coder):
    assert decode_levels(encode_levels({}, coder=coder)) == {}


def test_all_zeros_and_one_weight_come_back(coder):
    sparse = np.zeros((200, 300), dtype=np.int32)
    sparse[150, 7] = -3
    wanted = {"one": sparse, "zeros": np.zeros((100, 700), dtype=np.int32)}
    data = encode_levels(wanted, coder=coder)
    assert_same(decode_levels(data), wanted)


@pytest.mark.parametrize("quantized", [model(), uniform()], ids=["in passes", "plain"])
def test_a_model_comes_back_with_the_same_values(coder, quantized):
    found = decode(encode(quantized, coder=coder))
    assert_same(found.state(), quantized.state())
    assert (found.maps, found.dtypes, found.quantizer) == (quantized.maps, quantized.dtypes, quantized.quantizer)
    if has_passes(registry.load("coders", coder)):
        assert (found.passes, found.embedded) == (quantized.passes, quantized.embedded)
    else:
        assert (found.passes, found.embedded) == (0, ())


def test_floats_come_back_bit_for_bit(coder):
    found = codec.open(encode(floats(), coder=coder)).state()
    wanted = floats().levels
    assert {n: (v.dtype, v.shape) for n, v in found.items()} == {n: (v.dtype, v.shape) for n, v in wanted.items()}
    assert {n: v.tobytes() for n, v in found.items()} == {n: v.tobytes() for n, v in wanted.items()}


def test_what_is_in_a_file_is_told(coder):
    for data in (encode_levels(levels(), coder=coder), encode(model(), coder=coder)):
        file = codec.open(data)
        facts = describe(file)
        assert (facts["coder"], facts["preset"], facts["total_bytes"]) == (coder, "default", len(data))
        assert (file.coder, file.size, file.is_whole) == (coder, len(data), True)
        assert file.elements == sum(row["elements"] for row in facts["tensors"])
        assert file.names == tuple(row["name"] for row in facts["tensors"])
        blocks = sum(block["bytes"] for block in facts["blocks"])
        pieces = sum(place.length > 0 for place in file.places)
        assert facts["header_bytes"] + blocks + 4 * pieces == len(data)
        known = [row["bytes"] for row in facts["tensors"] if row["bytes"] is not None]
        assert sum(known) <= blocks + 1


def test_another_coder_than_the_one_asked_for_is_named(coder):
    other = next(name for name in registry.names("coders") if name != coder)
    with pytest.raises(ParameterError, match=f"coder {other}: this file was written by the coder {coder}"):
        codec.open(encode(uniform(), coder=coder), coder=other)


def test_an_unknown_setting_is_answered_with_those_that_are_known(coder):
    with pytest.raises(ParameterError, match=rf"coders\.{coder}\.speed: unknown key; known here: preset"):
        encode_levels({}, coder=coder, settings={"speed": 3})
    with pytest.raises(UnknownNameError, match=f"preset of coder {coder} 'turbo'; allowed: .*default"):
        encode_levels({}, coder=coder, preset="turbo")


def test_the_same_levels_in_another_order_give_the_same_bytes(coder):
    wanted = {name: np.arange(5, dtype=np.int32) for name in "abc"}
    assert encode_levels(wanted, coder=coder) == encode_levels(dict(reversed(wanted.items())), coder=coder)


def test_every_coder_has_a_preset_that_its_parameters_know(coder):
    module = registry.load("coders", coder)
    assert module.Parameters().preset == "default"
    for preset in module.PRESETS:
        assert module.Parameters(preset=preset).preset == preset
        assert preset in wire.PRESETS


def test_no_two_coders_have_one_number():
    numbers = [*wire.CODERS.values(), wire.OTHER_CODER]
    assert len(set(numbers)) == len(numbers)


def test_a_coder_without_a_number_is_told_by_its_name():
    header = replace(header_of("levels", integers("w", (2,)), lengths=(3,)), coder="mine")
    assert read_fields(write_fields(header)) == header
    with pytest.raises(CorruptFileError, match="unknown coder 'mine'; allowed: adaptive, bitmap_zstd"):
        decode_levels(seal(header, [b"abc"]))


def test_passes_of_a_coder_that_knows_none_are_refused():
    array = Array("w", (2, 2), "float32", "int32", LevelMap(1.0), embedded=True)
    header = header_of("model", array, coder="huffman_csr", quantizer="successive", passes=2, points=((0, 0),))
    data = seal(header, [b"abc", b"de"])
    with pytest.raises(CorruptFileError, match="described in passes, which coder huffman_csr does not know"):
        decode(data)


def test_lanes_of_a_coder_that_has_none_and_a_whole_block_of_one_that_has_are_refused():
    for coder in ("huffman_csr", "adaptive"):
        header = header_of("levels", integers("w", (2,)), coder=coder)
        data = seal(replace(header, lanes=not header.lanes), [b"abc"])
        with pytest.raises(CorruptFileError, match=f"lanes {not header.lanes}, but coder {coder} has {header.lanes}"):
            decode_levels(data)


def test_a_model_cut_within_a_pass_is_refused_by_a_coder_that_knows_none():
    cut = decode(codec.open(encode(model())).truncate(170))
    if cut.tail is None:
        cut = replace(cut, tail=Tail("fc1.weight", 3, LevelMap(1.0)))
    with pytest.raises(ParameterError, match=r"coder huffman_csr: this model was cut.*allowed: adaptive"):
        encode(cut, coder="huffman_csr")


def test_files_without_passes_cannot_be_cut():
    with pytest.raises(ParameterError, match="not described in passes"):
        codec.open(encode(model(), coder="bitmap_zstd")).truncate(100)


def decoded_or_refused(data: bytes) -> dict[str, tuple[int, ...]] | None:
    """The shapes, or None for a file that is refused with its block's name."""
    try:
        return {name: level.shape for name, level in decode_levels(data).items()}
    except CorruptFileError as error:
        if "block plain at byte" in str(error):
            return None
        raise


def test_damaged_blocks_under_right_checksums_are_decoded_or_refused_by_name(coder):
    header, (content,) = opened(encode_levels(levels(), coder=coder))

    @settings(max_examples=examples(coder, 50), deadline=None)
    @given(st.data())
    def holds(draw):
        damaged = bytearray(content)
        for _ in range(draw.draw(st.integers(1, 3))):
            place = draw.draw(st.integers(0, len(damaged) - 1))
            damaged[place] = draw.draw(st.integers(0, 255))
        damaged = damaged[: draw.draw(st.integers(0, len(damaged)))] if draw.draw(st.booleans()) else damaged
        assert decoded_or_refused(seal(header, [bytes(damaged)])) in ({n: v.shape for n, v in levels().items()}, None)

    holds()


def test_random_blocks_are_decoded_or_refused_by_name(coder):
    arrays = (integers("a", (30, 9)), integers("b", (40,), "int64"), integers("c", (7,), "bool"))
    header = header_of("levels", *arrays, coder=coder)

    @settings(max_examples=examples(coder, 50), deadline=None)
    @given(st.binary(max_size=120))
    def holds(content):
        assert decoded_or_refused(seal(header, [content])) in ({"a": (30, 9), "b": (40,), "c": (7,)}, None)

    holds()


def test_bytes_after_the_last_tensor_are_refused(coder):
    header, (content,) = opened(encode_levels(levels(), coder=coder))
    with pytest.raises(CorruptFileError, match="block plain at byte"):
        decode_levels(seal(header, [content + b"\0" * 9]))
