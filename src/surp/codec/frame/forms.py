"""How each float tensor of an exact file is stored, in the header: its bits, or int8 rows with scales."""

from __future__ import annotations

from surp.codec.frame import wire
from surp.codec.frame.header import Tensor, is_float, scale_key
from surp.codec.frame.header_code import Reader, Writer


def write_form(out: Writer, tensor: Tensor) -> None:
    """Fields of one tensor; integers have none."""
    if tensor.scales is not None:
        out.number("form", wire.SCALED)
        _write_bits(out, tensor.scales, "scale ")
    elif tensor.bits is not None:
        _write_bits(out, tensor, "")


def read_form(reader: Reader, name: str, shape: tuple[int, ...], dtype: str) -> Tensor:
    """Inverse of `write_form`. Raises `CorruptFileError`."""
    if not is_float(dtype):
        return Tensor(name, shape, dtype, dtype)
    form = reader.number("form")
    if form == wire.SCALED:
        if dtype != "float32" or not shape:
            raise reader.fail(f"rows with scales for {dtype} of {len(shape)} dimensions; allowed: float32 of 1 or more")
        scales = _read_bits(reader, reader.number("scale form"), scale_key(name), shape[:1], dtype, "scale ")
        return Tensor(name, shape, dtype, "int8", scales=scales)
    return _read_bits(reader, form, name, shape, dtype, "")


def _write_bits(out: Writer, tensor: Tensor, what: str) -> None:
    assert tensor.bits is not None, "only floats have bits"
    out.number(f"{what}form", wire.SIGNED_ZEROS if tensor.signed_zeros else wire.BITS)
    out.number(f"{what}exponent", tensor.bits[0])
    out.number(f"{what}mantissa", tensor.bits[1])


def _read_bits(reader: Reader, form: int, name: str, shape: tuple[int, ...], dtype: str, what: str) -> Tensor:
    if form not in (wire.BITS, wire.SIGNED_ZEROS):
        raise reader.fail(f"a {what}form of {form}; known: {wire.BITS} to {wire.SCALED - bool(what)}")
    exponents, mantissa = wire.FLOATS[dtype]
    first, bits = reader.number(f"{what}exponent"), reader.number(f"{what}mantissa")
    if first >> exponents or bits > mantissa:
        raise reader.fail(f"exponent {first} and {bits} bits of mantissa for {dtype}")
    return Tensor(name, shape, dtype, "int16", bits=(first, bits), signed_zeros=form == wire.SIGNED_ZEROS)
