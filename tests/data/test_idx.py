"""IDX files: the inverse pair, and every way in which one can be broken."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from surp.data.idx import pack, parse, read_content
from surp.errors import DataError

ARRAYS = arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
SMALL = pack(np.arange(60, dtype=np.uint8).reshape(3, 4, 5))


@given(ARRAYS)
def test_parse_inverts_pack(array: np.ndarray) -> None:
    back = parse(pack(array), "memory")
    assert back.shape == array.shape
    assert (back == array).all()


def test_the_bytes_of_a_small_file_are_those_of_the_format() -> None:
    assert pack(np.array([[7, 8]], dtype=np.uint8)).hex() == "00000802" + "00000001" + "00000002" + "0708"


@given(st.integers(0, len(SMALL) - 1))
def test_every_truncation_is_refused(keep: int) -> None:
    with pytest.raises(DataError, match="memory"):
        parse(SMALL[:keep], "memory")


def test_bytes_too_many_are_refused_with_both_sizes() -> None:
    with pytest.raises(DataError, match="announces 60 bytes, but 61 follow"):
        parse(SMALL + b"x", "memory")


@pytest.mark.parametrize("start", ["00000d03", "00000800", "00000805", "01000803", "50000000"])
def test_another_magic_is_refused(start: str) -> None:
    with pytest.raises(DataError, match=f"starts with {start}"):
        parse(bytes.fromhex(start) + SMALL[4:], "memory")


@pytest.mark.parametrize("array", [np.zeros(3), np.uint8(3), np.zeros((1,) * 5, np.uint8)])
def test_pack_refuses_what_the_format_cannot_hold(array: np.ndarray) -> None:
    with pytest.raises(DataError, match="IDX holds uint8"):
        pack(np.asarray(array))


@pytest.mark.parametrize("name", ["x", "x.gz"])
@pytest.mark.parametrize("compress", [gzip.compress, bytes])
def test_compression_is_told_by_content_not_by_name(tmp_path: Path, name: str, compress: object) -> None:
    path = tmp_path / name
    path.write_bytes(compress(SMALL))  # type: ignore[operator]
    assert read_content(path) == SMALL


def test_every_truncation_of_a_gzip_file_is_refused(tmp_path: Path) -> None:
    path, whole = tmp_path / "cut.gz", gzip.compress(SMALL)
    for keep in range(len(whole)):
        path.write_bytes(whole[:keep])
        with pytest.raises(DataError, match=r"cut\.gz"):
            parse(read_content(path), str(path))


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    path, whole = tmp_path / "bad.gz", bytearray(gzip.compress(SMALL))
    whole[-6] ^= 0xFF  # in the CRC
    path.write_bytes(whole)
    with pytest.raises(DataError, match=r"bad\.gz: damaged gzip file"):
        read_content(path)


def test_no_more_than_announced_is_decompressed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(SMALL + bytes(1 << 22)))
    assert len(read_content(path)) == len(SMALL) + 1


def test_an_absurd_announcement_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(bytes([0, 0, 8, 4]) + b"\xff" * 16)
    with pytest.raises(DataError, match="huge: its header announces"):
        read_content(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: cannot be read: No such file"):
        read_content(tmp_path / "none")
