"""Headers of floats as they are and of rows with scales: what contradicts itself is refused, and allocates nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from frames import header_of, opened
from make_golden import GOLDEN, base, forms

from surp import codec
from surp.codec.frame import container as _container
from surp.codec.frame.container import seal
from surp.codec.frame.fields import read_fields, write_fields
from surp.codec.frame.header import Array, FloatBits, Header, TensorEntry
from surp.errors import CorruptFileError
from surp.tensors.forms import Form
from surp.tensors.levels import Quantized, as_they_are

NONE = FloatBits(0, 0, signed_zeros=False)


def of_floats(name: str, shape=(2,), dtype="float32", bits=NONE) -> Array:
    return Array(name, shape, dtype, "int16", bits=bits)


def scaled(*arrays: Array, shape=(2, 3), dtype="float32", bits=NONE, lengths=()) -> Header:
    """A tensor `w` of rows with scales, besides others; its components have the names that a reader gives them."""
    form = Form("scaled_rows", shape, dtype, ("w.0", "w.1"))
    components = (Array("w.0", shape, "int8", "int8"), of_floats("w.1", shape[:1], bits=bits))
    header = header_of("model", *arrays, quantizer="int8", lengths=lengths)
    tensors = (*header.tensors, TensorEntry("w", shape, dtype))
    return replace(header, tensors=tensors, arrays=(*arrays, *components), forms={"w": form})


def rows() -> Quantized:
    integers, scales = np.arange(6, dtype=np.int8).reshape(2, 3), np.array([0.5, 0.25], np.float32)
    arrays = {"w.0": integers, "w.1": scales}
    return replace(as_they_are(arrays), forms={"w": Form("scaled_rows", (2, 3), "float32", ("w.0", "w.1"))})


def test_headers_of_floats_and_of_rows_with_scales_come_back():
    plain = of_floats("a", dtype="float16", bits=FloatBits(15, 10, signed_zeros=True))
    for header in (
        scaled(plain, lengths=(1, 2, 3)),
        scaled(bits=FloatBits(0, 0, signed_zeros=True), lengths=(1, 2, 3)),
        scaled(plain, dtype="bfloat16", shape=(4, 1, 2), lengths=(1, 2, 3)),
    ):
        assert read_fields(write_fields(header)) == header


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        (FloatBits(256, 0, False), "signed zeros 0, exponent 256 and 0 bits of mantissa for float32"),
        (FloatBits(0, 24, False), "signed zeros 0, exponent 0 and 24 bits of mantissa for float32"),
    ],
)
def test_bits_that_a_type_does_not_have_are_refused(bits, message):
    with pytest.raises(CorruptFileError, match=message):
        read_fields(write_fields(scaled(bits=bits, lengths=(3, 3))))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"components": ("w.1", "w.0")}, r"integers of shape \(2,\) and scales of shape \(2, 3\) for \(2, 3\)"),
        ({"shape": (3, 2)}, r"integers of shape \(2, 3\) and scales of shape \(2,\) for \(3, 2\)"),
        ({"shape": ()}, r"for \(\)"),
        ({"rule": "shared"}, "too many values"),
    ],
)
def test_components_that_do_not_fit_their_rule_are_refused(changed, message):
    file = codec.encode(rows())
    assert codec.open(file).state()["w"].tolist() == [[0, 0.5, 1], [0.75, 1, 1.25]]
    header, pieces = opened(file)
    form = replace(header.forms["w"], **changed)
    damaged = replace(header, tensors=(TensorEntry("w", form.shape, "float32"),), forms={"w": form})
    with pytest.raises(CorruptFileError, match=message):
        codec.open(seal(damaged, pieces)).state()


def test_differences_to_a_base_that_is_not_named_are_refused():
    header, pieces = opened(codec.encode(forms(), base=base()))
    with pytest.raises(CorruptFileError, match="differences to a base that is not named"):
        codec.open(seal(replace(header, base=b""), pieces))


def test_scales_of_an_empty_tensor_count_as_elements(monkeypatch):
    monkeypatch.setattr(_container, "_padding", lambda *_: 0)
    with pytest.raises(CorruptFileError, match=f"{1 << 40} elements declared"):
        codec.open(seal(scaled(shape=(1 << 40, 0)), [b"abc", b""]))


def told(data: bytes) -> dict[str, tuple[int, ...]] | str:
    """The shapes in a file, or how the message begins that refuses it."""
    try:
        return {name: value.shape for name, value in codec.open(data).state().items()}
    except CorruptFileError as error:
        return str(error).partition(" ")[0]


@pytest.mark.parametrize("kind", ["exact", "int8"])
def test_damaged_blocks_under_right_checksums_are_decoded_or_refused_by_name(kind):
    header, pieces = opened((GOLDEN / f"{kind}-adaptive-default.surp").read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(20):
        contents = [bytearray(piece) for piece in pieces]
        damaged = rng.choice([index for index, piece in enumerate(pieces) if piece])
        contents[damaged][rng.integers(len(pieces[damaged]))] ^= int(rng.integers(1, 256))
        data = seal(header, [bytes(content) for content in contents])
        assert told(data) in ("block", {t.name: t.shape for t in header.tensors})
