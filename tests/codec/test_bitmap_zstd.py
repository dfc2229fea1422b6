"""A bitmap and values, through zstd."""

from __future__ import annotations

import numpy as np
import pytest
import zstandard

from surp.codec import encode_levels
from surp.codec.coders.bitmap_zstd import Parameters, decode_plain, encode_plain, narrowest
from surp.codec.frame.piece import Piece
from surp.codec.scan import scan_of
from surp.errors import CorruptFileError, ParameterError

SMALL = np.array([[0, 5, 0, 0, -1], [0, 0, 0, 300, 0]], dtype=np.int32)
SCAN = scan_of((2, 5), "int32", 1)


def test_the_bytes_of_a_small_tensor():
    # Stored: one width, ten bits of bitmap in two bytes; then three values of two bytes.
    wanted = bytes([0, 3, 2, 0b01001000, 0b10000000, 0, 6, 5, 0, 255, 255, 44, 1])
    assert encode_plain([(SCAN, SMALL)], Parameters()) == wanted
    assert np.array_equal(decode_plain(Piece("plain", 0, wanted), [SCAN], "default")[0][0], SMALL)


@pytest.mark.parametrize(
    ("least", "greatest", "width"),
    [(0, 0, 1), (-128, 127, 1), (0, 128, 2), (-129, 0, 2), (-32768, 32767, 2), (0, 32768, 4), (-(2**31), 0, 4)],
)
def test_values_are_as_narrow_as_they_can_be(least, greatest, width):
    assert narrowest(np.array([least, greatest])) == width
    assert narrowest(np.zeros(0, dtype=np.int32)) == 1


def test_a_stream_is_packed_where_that_helps():
    zeros = np.zeros((400, 500), dtype=np.int32)
    data = encode_plain([(scan_of(zeros.shape, "int32", 1), zeros)], Parameters())
    assert data[0] == 1
    assert len(data) < 60
    noise = np.random.default_rng(0).integers(-(2**31), 2**31, size=(50, 50)).astype(np.int32)
    assert encode_plain([(scan_of(noise.shape, "int32", 1), noise)], Parameters())[-4 * 2500 - 3] == 0


def test_the_level_is_a_setting_of_the_writer_alone():
    levels = {"w": np.tile(SMALL, (50, 3)).astype(np.int32)}
    assert len(encode_levels(levels, coder="bitmap_zstd", settings={"level": 1})) >= len(
        encode_levels(levels, coder="bitmap_zstd")
    )
    with pytest.raises(ParameterError, match=r"coders\.bitmap_zstd\.level: .*22"):
        encode_levels(levels, coder="bitmap_zstd", settings={"level": 23})


def frame(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(content)


def stream(way: int, content: bytes) -> bytes:
    return bytes([way, len(content)]) + content


GOOD = stream(0, bytes([2, 0b01001000, 0b10000000]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 are left"),
        (stream(2, b"abc"), "kept in the way 2"),
        (stream(0, b"ab"), "a stream of 2 bytes, but 3 wanted"),
        (stream(1, b"abc"), "zstd: "),
        (stream(1, frame(bytes(1 << 20))), "a stream of 1048576 bytes, but 3 wanted"),
        (stream(1, frame(bytes(3)) + b"x"), "zstd: "),
        (stream(1, frame(bytes(3))[:-2]), "zstd: "),
        (stream(0, bytes([3, 0, 0])), r"values of \[3\] bytes"),
        (GOOD, "0 are left"),
        (GOOD + stream(0, bytes(5)), "a stream of 5 bytes, but 6 wanted"),
        (GOOD + stream(0, bytes(6)) + b"x", "1 bytes too many"),
        (stream(0, bytes([8, 0, 128])) + stream(0, bytes([0, 0, 0, 0, 1, 0, 0, 0])), "outside the range"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(content, message):
    with pytest.raises(CorruptFileError, match=f"block plain at byte 40: .*{message}"):
        decode_plain(Piece("plain", 40, content), [SCAN], "default")


def test_a_frame_that_does_not_say_how_much_it_holds_is_refused_unread():
    endless = zstandard.ZstdCompressor(level=3, write_content_size=False).compress(bytes(1 << 22))
    with pytest.raises(CorruptFileError, match="but 3 wanted"):
        decode_plain(Piece("plain", 40, stream(1, endless[:120])), [SCAN], "default")
