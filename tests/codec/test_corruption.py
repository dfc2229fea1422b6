"""Damaged and hostile files: always `CorruptFileError` or a valid decode, never anything else."""

import numpy as np
import pytest
from frames import declared, framed, header_of, integers, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from make_golden import levels, model

from surp import codec
from surp.codec import decode, decode_levels, encode, encode_levels, reading
from surp.codec.frame import wire
from surp.codec.frame.container import seal
from surp.codec.frame.fields import write_fields
from surp.codec.frame.header import Array
from surp.codec.frame.header_code import Reader, Writer
from surp.errors import CorruptFileError, TruncatedFileError
from surp.tensors.maps import LevelMap


@pytest.fixture(scope="module")
def file() -> bytes:
    return encode(model())


def describe(data: bytes):
    return codec.describe(codec.open(data))


def test_every_flipped_bit_of_every_byte_is_noticed(file):
    for position in range(len(file)):
        for bit in range(8):
            damaged = bytearray(file)
            damaged[position] ^= 1 << bit
            with pytest.raises(CorruptFileError):
                decode(bytes(damaged))


def test_every_cut_is_told_as_a_cut_with_the_byte_where_the_file_ends(file):
    for length in range(len(file)):
        with pytest.raises(TruncatedFileError, match=f"byte {length}|empty"):
            decode(file[:length])


def test_bytes_after_the_end_are_noticed(file):
    with pytest.raises(CorruptFileError, match=f"byte {len(file)}: 1 bytes after"):
        decode(file + b"\0")


def test_another_kind_of_file_and_another_version_are_named(file):
    with pytest.raises(CorruptFileError, match=r"not a \.surp file"):
        decode(b"PK\3\4 and so on")
    with pytest.raises(CorruptFileError, match="version 9; this program reads 1"):
        decode(file[:4] + b"\x09" + file[5:])


def test_a_damaged_block_is_named_with_its_offset(file):
    block = describe(file)["blocks"][2]
    damaged = bytearray(file)
    damaged[block["offset"] + 3] ^= 255
    with pytest.raises(CorruptFileError, match=f"block {block['name']} at byte {block['offset']}"):
        decode(bytes(damaged))


def in_passes(step: float) -> bytes:
    """A file of two passes, four bytes each."""
    array = Array("w", (2, 2), "float32", "int32", LevelMap(step), embedded=True)
    header = header_of("model", array, quantizer="successive", passes=2, points=((0, 0),))
    return seal(header, [b"abcd", b"efgh"])


def test_a_piece_does_not_fit_a_file_of_another_header_or_another_place():
    first, second = in_passes(1.0), in_passes(2.0)
    piece = 4 + wire.CRC_BYTES
    assert len(first) == len(second)
    assert opened(first)[1] == [b"abcd", b"efgh"]
    with pytest.raises(CorruptFileError, match=r"block pass 2 at byte .* checksum"):
        opened(first[:-piece] + second[-piece:])
    with pytest.raises(CorruptFileError, match=r"block pass 1 at byte .* checksum"):
        opened(first[: -2 * piece] + first[-piece:] + first[-2 * piece : -piece])


def test_each_piece_is_checked_without_those_before_it():
    data = bytearray(in_passes(1.0))
    data[-2 * (4 + wire.CRC_BYTES)] ^= 1
    file = codec.open(bytes(data))
    assert file.piece("pass 2", 0).content == b"efgh"
    with pytest.raises(CorruptFileError, match=r"block pass 1 at byte .* checksum"):
        file.piece("pass 1", 0)


def test_the_file_is_named_before_the_message():
    with pytest.raises(TruncatedFileError, match=r"^model\.surp: byte 0"), reading("model.surp"):
        decode(b"")


@pytest.mark.parametrize("shape", [(1 << 60,), (1 << 31, 1 << 29), (1 << 25,), (1 << 62, 1 << 62), (0, (1 << 63) - 1)])
def test_absurd_sizes_are_refused_before_anything_is_allocated(shape):
    body = write_fields(header_of("levels", integers("w", shape), lengths=(9, *[0] * 31)))
    with pytest.raises(CorruptFileError, match=r"elements declared|no machine can hold"):
        codec.open(framed(body, [b"\x55" * 9]))


def test_names_that_repeat_are_refused():
    with pytest.raises(CorruptFileError, match="repeat"):
        decode_levels(declared(header_of("levels", integers("w", (1,)), integers("w", (1,))), [b""]))


def body_of(*fields: tuple[str, object, int | str]) -> bytes:
    """A header of any numbers: how each is coded (number, wide, text), column, value."""
    out = Writer()
    for how, column, value in fields:
        getattr(out, how)(*(() if how == "text" else (column,)), value)
    return out.finish()


def numbers(**columns: int) -> list[tuple[str, str, int]]:
    return [("number", column.replace("_", " "), value) for column, value in columns.items()]


def head(kind: int, flags: int, tensors: int) -> list[tuple[str, str, int]]:
    return [*numbers(kind=kind, coder=0, preset=0, flags=flags, layout=0), ("wide", "tensors", tensors)]


LEVELS = [*head(wire.KINDS["levels"], 0, 1), ("text", "", "w")]
MODEL = wire.KINDS["model"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (numbers(kind=5), "kind id 5"),
        (numbers(kind=0, coder=9), "coder id 9"),
        (numbers(kind=0, coder=0, preset=9), "preset id 9"),
        (numbers(kind=1, coder=0, preset=0, flags=128), "flags 128"),
        (numbers(kind=0, coder=0, preset=0, flags=wire.USUAL), "flags 1 that"),
        (numbers(kind=0, coder=0, preset=0, flags=0, layout=77), "layout 77"),
        ([*LEVELS, *numbers(dtype=99)], "dtype id 99"),
        ([*LEVELS, *numbers(dtype=10, rank=0)], "levels of floats"),
        ([*LEVELS, *numbers(dtype=6, rank=65)], "65 dimensions"),
        (head(0, 0, (1 << 62) - 1), "goes on"),
        ([*head(MODEL, wire.USUAL, 0), *numbers(quantizer=9)], "quantizer id 9"),
        ([*head(MODEL, wire.USUAL, 0), *numbers(quantizer=1, passes=32)], "32 passes"),
        ([*head(MODEL, wire.USUAL | wire.CUT, 0), *numbers(quantizer=1, passes=0), ("wide", "cut", 3)], "cut at row 3"),
        (
            [
                *head(MODEL, wire.USUAL | wire.TAIL, 0),
                *numbers(quantizer=1, passes=0),
                *(("wide", "tail tensor", 0), ("wide", "tail row", 1)),
            ],
            "cut in tensor 0 of 0",
        ),
    ],
)
def test_headers_that_make_no_sense_are_refused(fields, message):
    with pytest.raises(CorruptFileError, match=message):
        codec.open(framed(body_of(*fields)))


def test_bytes_after_the_headers_code_are_refused():
    body = body_of(*head(MODEL, wire.USUAL, 0), *numbers(quantizer=1, passes=0, fields=0, padding=0))
    describe(framed(body + bytes(9)))
    with pytest.raises(CorruptFileError, match="too many"):
        codec.open(framed(body + b"\0\0\0\0\0\0\1"))


def test_a_header_of_near_certain_decisions_ends_with_an_error_and_not_with_time():
    with pytest.raises(CorruptFileError, match=r"decisions|goes on|too many|repeat|UTF-8|dimensions|id|shares"):
        codec.open(framed(b"\xff" * 40))


def test_names_of_a_header_that_takes_many_decisions_are_padded_and_come_back():
    levels = {f"{index:05d}": np.zeros(1, dtype=np.int8) for index in range(4000)}
    found = decode_levels(encode_levels(levels))
    assert set(found) == set(levels)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["number", "wide"]), st.integers(0, (1 << 62) - 1)), max_size=60), st.data())
def test_numbers_and_names_of_a_header_come_back(values, data):
    names = data.draw(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=6))
    out = Writer()
    for how, value in values:
        getattr(out, how)("c" if value % 2 else "d", value)
    for name in names:
        out.text(name)
    reader = Reader(out.finish())
    assert [getattr(reader, how)("c" if value % 2 else "d") for how, value in values] == [v for _, v in values]
    assert [reader.text() for _ in names] == names
    reader.finish()


def test_a_code_that_is_longer_or_shorter_than_its_block_is_refused():
    header, (content,) = opened(encode_levels({"w": np.arange(50, dtype=np.int32)}))
    assert np.array_equal(decode_levels(seal(header, [content]))["w"], np.arange(50))
    for wrong in (content + b"\0\0", content[:-2]):
        with pytest.raises(CorruptFileError, match="does not end"):
            decode_levels(seal(header, [wrong]))


def test_a_level_outside_its_type_is_refused():
    _, (content,) = opened(encode_levels({"w": np.full(9, 30_000, dtype=np.int16)}))
    with pytest.raises(CorruptFileError, match=r"plain at byte.*outside the range"):
        decode_levels(seal(header_of("levels", integers("w", (9,), "int8")), [content]))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_random_codes_decode_to_something_or_are_refused(content):
    header = header_of("levels", integers("a", (30, 9)), integers("b", (40,), "int64"), integers("c", (7,), "bool"))
    try:
        found = decode_levels(seal(header, [content]))
    except CorruptFileError:
        return
    assert {name: level.shape for name, level in found.items()} == {"a": (30, 9), "b": (40,), "c": (7,)}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_headers_under_right_checksums_never_raise_anything_else(data):
    header, pieces = opened(encode(model()))
    body = bytearray(write_fields(header))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    contents = [data.draw(st.binary(min_size=len(piece), max_size=len(piece))) for piece in pieces]
    try:
        decode(framed(bytes(body), contents))
    except CorruptFileError:
        return


def test_an_almost_empty_model_is_padded_to_the_size_that_its_elements_need():
    zeros = {"w": np.zeros((5000, 2000), dtype=np.int8)}
    data = encode_levels(zeros)
    assert len(data) >= (10_000_000 - wire.FREE_ELEMENTS) / wire.ELEMENTS_PER_BYTE
    assert len(data) < 2500
    assert np.array_equal(decode_levels(data)["w"], zeros["w"])


def test_sealing_counts_no_more_than_the_rule_asks():
    header = header_of("levels", integers("w", (wire.FREE_ELEMENTS + 1,)))
    assert codec.open(seal(header, [b"x"])).header.padding == 0
    assert codec.open(seal(header, [b""])).header.padding == 1


def test_an_empty_piece_has_no_checksum():
    header = header_of("levels", integers("w", (1,)))
    file = codec.open(seal(header, [b""]))
    assert file.size == file.header_bytes
    assert file.piece("plain", 0).content == b""


def test_levels_of_the_golden_input_are_refused_as_a_model():
    with pytest.raises(CorruptFileError, match="levels"):
        decode(encode_levels(levels()))
