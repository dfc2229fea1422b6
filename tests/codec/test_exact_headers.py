"""Headers of exact files that contradict themselves are refused, and allocate nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_golden import GOLDEN

from surp.codec import decode_state
from surp.codec.frame import container as _container
from surp.codec.frame.container import open_file, seal
from surp.codec.frame.fields import read_body, write_body
from surp.codec.frame.header import Header, Tensor, scale_key
from surp.errors import CorruptFileError


def scaled(shape=(2, 3), dtype="float32", bits=(0, 0), signed=False) -> Tensor:
    name = scale_key("w")
    scales = Tensor(name, shape[:1], "float32", "int16", bits=bits, signed_zeros=signed)
    return Tensor("w", shape, dtype, "int8", scales=scales)


def header_of(*tensors: Tensor, lengths=(3, 3)) -> Header:
    return Header("exact", "adaptive", "default", tensors, lengths=lengths)


def test_headers_of_every_form_come_back():
    plain = Tensor("a", (2,), "float16", "int16", bits=(15, 10), signed_zeros=True)
    for header in (header_of(plain, scaled(), lengths=(1, 2, 3)), header_of(scaled(signed=True), lengths=(1, 2, 3))):
        assert read_body(write_body(header)) == header


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (scaled(dtype="float16"), "rows with scales for float16 of 2 dimensions"),
        (scaled(shape=()), "rows with scales for float32 of 0 dimensions"),
        (scaled(bits=(256, 0)), "exponent 256 and 0 bits of mantissa for float32"),
        (scaled(bits=(0, 24)), "exponent 0 and 24 bits of mantissa for float32"),
    ],
)
def test_forms_that_make_no_sense_are_refused(tensor, message):
    with pytest.raises(CorruptFileError, match=message):
        read_body(write_body(header_of(tensor)))


def test_scales_of_an_empty_tensor_count_as_elements(monkeypatch):
    monkeypatch.setattr(_container, "_padding", lambda *_: 0)
    with pytest.raises(CorruptFileError, match=f"{1 << 40} elements declared"):
        decode_state(seal(header_of(scaled(shape=(1 << 40, 0))), [b"abc", b""]))


def told(data: bytes) -> dict[str, tuple[int, ...]] | str:
    """The shapes in a file, or how the message begins that refuses it."""
    try:
        return {name: value.shape for name, value in decode_state(data)[0].items()}
    except CorruptFileError as error:
        return str(error).partition(" ")[0]


@pytest.mark.parametrize("kind", ["exact", "int8"])
def test_damaged_blocks_under_right_checksums_are_decoded_or_refused_by_name(kind):
    header, blocks, _ = open_file((GOLDEN / f"{kind}-adaptive-default.surp").read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(20):
        contents = [bytearray(block.content) for block in blocks]
        damaged = contents[rng.integers(len(contents))]
        damaged[rng.integers(len(damaged))] ^= int(rng.integers(1, 256))
        data = seal(replace(header, lengths=(), padding=0), [bytes(content) for content in contents])
        assert told(data) in ("block", {t.name: t.shape for t in header.tensors})
