"""Damaged and hostile files: always `CorruptFileError` or a valid decode, never anything else."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_golden import levels, model

from surp.codec import decode, decode_levels, describe, encode, encode_levels, reading
from surp.codec.frame import wire
from surp.codec.frame.container import open_file, seal, varint
from surp.codec.frame.fields import write_body
from surp.codec.frame.header import Header, Tensor
from surp.codec.frame.header_code import Reader, Writer
from surp.errors import CorruptFileError, TruncatedFileError
from surp.tensors.maps import LevelMap


@pytest.fixture(scope="module")
def file() -> bytes:
    return encode(model())


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


def test_a_block_of_another_file_does_not_fit():
    tensor = Tensor("w", (2, 2), "float32", "int32", LevelMap(1.0), embedded=True)
    header = Header("model", "adaptive", "default", (tensor,), "successive", 2)
    first, second = seal(header, [b"abc", b"defg"]), seal(header, [b"xyz", b"defg"])
    tail = 4 + wire.CRC_BYTES
    assert open_file(first)[1][1].content == b"defg"
    with pytest.raises(CorruptFileError, match=r"block pass 2 at byte .* checksum"):
        open_file(first[:-tail] + second[-tail:])


def test_the_file_is_named_before_the_message():
    with pytest.raises(TruncatedFileError, match=r"^model\.surp: byte 0"), reading("model.surp"):
        decode(b"")


def framed(body: bytes, blocks: tuple[bytes, ...] = ()) -> bytes:
    """A file with right checksums around any header body."""
    out = wire.MAGIC + bytes([wire.VERSION]) + varint(len(body)) + body
    checksum = crc32(out)
    out += checksum.to_bytes(4, "little")
    for block in blocks:
        checksum = crc32(block, checksum)
        out += block + checksum.to_bytes(4, "little")
    return out


def sealed(tensors: list[Tensor], content: bytes = b"", **more) -> bytes:
    """A file whose header says what is given, with one plain block."""
    header = Header("levels", "adaptive", "default", tuple(tensors), lengths=(len(content),), **more)
    return framed(write_body(header), (content,))


INT32 = ("int32", "int32")


@pytest.mark.parametrize("shape", [(1 << 60,), (1 << 31, 1 << 29), (1 << 25,), (1 << 62, 1 << 62), (0, (1 << 63) - 1)])
def test_absurd_sizes_are_refused_before_anything_is_allocated(shape):
    with pytest.raises(CorruptFileError, match=r"elements declared|no machine can hold"):
        decode_levels(sealed([Tensor("w", shape, *INT32)], b"\x55" * 9))


def test_names_that_repeat_are_refused():
    with pytest.raises(CorruptFileError, match="repeat"):
        decode_levels(sealed([Tensor("w", (1,), *INT32), Tensor("w", (1,), *INT32)]))


def header_of(*fields: tuple[str, object, int | str]) -> bytes:
    """A header body of any numbers: how each is coded (number, wide, text), column, value."""
    out = Writer()
    for how, column, value in fields:
        getattr(out, how)(*(() if how == "text" else (column,)), value)
    return out.finish()


def numbers(**columns: int) -> list[tuple[str, str, int]]:
    return [("number", column.replace("_", " "), value) for column, value in columns.items()]


LEVELS = [*numbers(kind=0, coder=0, preset=0, layout=0), ("wide", "tensors", 1)]
MODEL = [*numbers(kind=1, coder=0, preset=0, layout=0), ("wide", "tensors", 0)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (numbers(kind=5), "kind id 5"),
        (numbers(kind=0, coder=9), "coder id 9"),
        (numbers(kind=0, coder=0, preset=9), "preset id 9"),
        (numbers(kind=0, coder=0, preset=0, layout=77), "layout 77"),
        ([*LEVELS, ("text", "", "w"), *numbers(dtype=99)], "dtype id 99"),
        ([*LEVELS, ("text", "", "w"), *numbers(dtype=10, rank=0)], "levels of dtype float32"),
        ([*LEVELS, ("text", "", "w"), *numbers(dtype=6, rank=65)], "65 dimensions"),
        ([*LEVELS[:-1], ("wide", "tensors", (1 << 62) - 1)], "goes on"),
        ([*MODEL, *numbers(quantizer=9)], "quantizer id 9"),
        ([*MODEL, *numbers(quantizer=1, passes=32)], "32 passes"),
        ([*MODEL, *numbers(quantizer=1, passes=0, flags=16)], "flags 16"),
        ([*MODEL, *numbers(quantizer=1, passes=0, flags=5), ("wide", "cut", 3)], "cut at row 3"),
        (
            [*MODEL, *numbers(quantizer=1, passes=0, flags=9), ("wide", "tail tensor", 0), ("wide", "tail row", 1)],
            "cut in tensor 0 of 0",
        ),
    ],
)
def test_headers_that_make_no_sense_are_refused(fields, message):
    with pytest.raises(CorruptFileError, match=message):
        describe(framed(header_of(*fields)))


def test_bytes_after_the_headers_code_are_refused():
    body = header_of(*MODEL, *numbers(quantizer=1, passes=0, flags=3, padding=0))
    describe(framed(body + bytes(9)))
    with pytest.raises(CorruptFileError, match="too many"):
        describe(framed(body + b"\0\0\0\0\0\0\1"))


def test_a_header_of_near_certain_decisions_ends_with_an_error_and_not_with_time():
    with pytest.raises(CorruptFileError, match=r"decisions|goes on|too many|repeat|UTF-8|dimensions|id|shares"):
        describe(framed(b"\xff" * 40))


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
    tensor = Tensor("w", (50,), *INT32)
    good = encode_levels({"w": np.arange(50, dtype=np.int32)})
    block = describe(good)["blocks"][0]
    content = good[block["offset"] : block["offset"] + block["bytes"]]
    assert np.array_equal(decode_levels(sealed([tensor], content))["w"], np.arange(50))
    for wrong in (content + b"\0\0", content[:-2]):
        with pytest.raises(CorruptFileError, match="does not end"):
            decode_levels(sealed([tensor], wrong))


def test_a_level_outside_its_type_is_refused():
    large = encode_levels({"w": np.full(9, 30_000, dtype=np.int16)})
    block = describe(large)["blocks"][0]
    content = large[block["offset"] : block["offset"] + block["bytes"]]
    with pytest.raises(CorruptFileError, match=r"plain at byte.*outside the range"):
        decode_levels(sealed([Tensor("w", (9,), "int8", "int8")], content))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_random_codes_decode_to_something_or_are_refused(content):
    tensors = [Tensor("a", (30, 9), *INT32), Tensor("b", (40,), "int64", "int64"), Tensor("c", (7,), "bool", "bool")]
    try:
        found = decode_levels(sealed(tensors, content))
    except CorruptFileError:
        return
    assert {name: level.shape for name, level in found.items()} == {"a": (30, 9), "b": (40,), "c": (7,)}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_headers_under_right_checksums_never_raise_anything_else(data):
    header = Header("model", "adaptive", "default", (), "successive", 3)
    source = model()
    tensors = tuple(
        Tensor(n, source.levels[n].shape, source.dtypes[n], "int32", source.maps[n], n in source.embedded)
        for n in sorted(source.levels)
    )
    header = Header("model", "adaptive", "default", tensors, "successive", 3, (5, 6, 7, 8))
    body = bytearray(write_body(header))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    contents = tuple(data.draw(st.binary(min_size=n, max_size=n)) for n in (5, 6, 7, 8))
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
    tensor = Tensor("w", (wire.FREE_ELEMENTS + 1,), *INT32, LevelMap(1.0))
    header = Header("levels", "adaptive", "default", (tensor,))
    assert len(seal(header, [b"x"])) == len(seal(header, [b""])) + 1 - 1 - wire.CRC_BYTES


def test_levels_of_the_golden_input_are_refused_as_a_model():
    with pytest.raises(CorruptFileError, match="levels"):
        decode(encode_levels(levels()))
