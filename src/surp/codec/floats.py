"""Floats bit for bit: sign and exponent as a level, the mantissa as it is.

Of a float with the exponent field e the level is sign * (1 + (first - e) mod 2^w), where `first` is the largest
exponent of the array's finite values and w the field's width: weights have few exponents, the largest ones mostly.
Every zero is level 0. Mantissas of the others follow one another, the highest bits that any of them uses. Where an
array has a -0 (a masked checkpoint is full of them), the signs of its zeros are a row of bools, which the file's coder
codes: a bit where they are random, next to nothing where one sign is rare.

Nothing here is float arithmetic, so no NaN loses its payload or becomes a quiet one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.frame.header import FloatBits
from surp.tensors.dtypes import FLOATS, dtype_of

_CHUNK = 1 << 16
"""Floats that are looked at, or whose mantissas are spread to single bits, at once; a multiple of 8, so that chunks end
with a byte."""


@dataclass(frozen=True)
class FloatParts:
    """Floats in parts: levels, of the same shape; the signs of the zeros, shape (1, n); the mantissas' bytes."""

    levels: NDArray[np.int16]
    signs: NDArray[np.bool_]
    mantissas: bytes


def float_bits(values: NDArray[Any], dtype: str) -> FloatBits:
    """What is common to all floats of an array."""
    exponents, mantissa = FLOATS[dtype]
    first = used = 0
    signed = False
    words = words_of(values)
    for start in range(0, words.size, _CHUNK):
        chunk = words[start : start + _CHUNK]
        fields, rest = _fields(chunk, exponents, mantissa)
        alive = (fields != 0) | (rest != 0)
        finite = fields[alive & (fields != (1 << exponents) - 1)]
        first = max(first, int(finite.max(initial=0)))
        used |= int(np.bitwise_or.reduce(rest)) if rest.size else 0
        signed |= bool((chunk >> (exponents + mantissa))[~alive].any())
    return FloatBits(first, mantissa - ((used & -used).bit_length() - 1) if used else 0, signed)


def take_apart(values: NDArray[Any], dtype: str, bits: FloatBits) -> FloatParts:
    """The parts of floats, of an array or of some of its rows."""
    exponents, mantissa = FLOATS[dtype]
    words = words_of(values)
    fields, rest = _fields(words, exponents, mantissa)
    alive = (fields != 0) | (rest != 0)
    levels = (1 + ((bits.exponent - fields) & ((1 << exponents) - 1))).astype(np.int16)
    negative = (words >> (exponents + mantissa)).astype(np.bool_)
    np.negative(levels, out=levels, where=negative)
    levels[~alive] = 0
    kept = rest[alive] >> rest.dtype.type(mantissa - bits.mantissa)
    return FloatParts(levels.reshape(values.shape), negative[~alive].reshape(1, -1), _pack(kept, bits.mantissa))


def put_together(
    levels: NDArray[Any], packed: NDArray[np.uint8], signs: NDArray[np.bool_] | None, dtype: str, bits: FloatBits
) -> NDArray[Any]:
    """Inverse of `take_apart`. packed: the bytes of the mantissas. signs: None where no zero is -0."""
    exponents, mantissa = FLOATS[dtype]
    own = dtype_of(dtype).newbyteorder("<")
    word = np.dtype(f"<u{own.itemsize}")
    flat = levels.reshape(-1)
    alive = flat != 0
    living = flat[alive].astype(np.int32)
    fields = (bits.exponent - (np.abs(living) - 1)) & ((1 << exponents) - 1)
    found = fields.astype(word) << word.type(mantissa)
    found |= (living < 0).astype(word) << word.type(exponents + mantissa)
    found |= _unpack(packed, bits.mantissa, living.size, word) << word.type(mantissa - bits.mantissa)
    words = np.zeros(flat.shape, dtype=word)
    words[alive] = found
    if signs is not None:
        words[~alive] = signs.reshape(-1).astype(word) << word.type(exponents + mantissa)
    return words.view(own).astype(dtype_of(dtype), copy=False).reshape(levels.shape)


def packed_bytes(levels: NDArray[Any], bits: FloatBits) -> int:
    """Bytes of the mantissas that these levels have."""
    return -(-int(np.count_nonzero(levels)) * bits.mantissa // 8)


def words_of(values: NDArray[Any]) -> NDArray[Any]:
    """Floats as unsigned integers of their bits, shape (n,)."""
    flat = np.ascontiguousarray(values).reshape(-1)
    return flat.astype(flat.dtype.newbyteorder("<"), copy=False).view(f"<u{flat.dtype.itemsize}")


def _fields(words: NDArray[Any], exponents: int, mantissa: int) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Exponent fields, and mantissas."""
    fields = (words >> words.dtype.type(mantissa)).astype(np.int32) & ((1 << exponents) - 1)
    return fields, words & words.dtype.type((1 << mantissa) - 1)


def _pack(values: NDArray[Any], bits: int) -> bytes:
    """The lowest `bits` bits of each, high to low, without gaps."""
    if not bits:
        return b""
    places = np.arange(bits - 1, -1, -1).astype(values.dtype)
    chunks = (values[start : start + _CHUNK, None] >> places for start in range(0, values.size, _CHUNK))
    return b"".join(np.packbits((chunk & 1).astype(np.uint8).reshape(-1)).tobytes() for chunk in chunks)


def _unpack(packed: NDArray[np.uint8], bits: int, count: int, word: np.dtype[Any]) -> NDArray[Any]:
    result = np.zeros(count, dtype=word)
    for start in range(0, count if bits else 0, _CHUNK):
        part = result[start : start + _CHUNK]
        spread = np.unpackbits(packed[start * bits // 8 :][: -(-part.size * bits // 8)], count=part.size * bits)
        for column in spread.reshape(part.size, bits).T:
            part <<= word.type(1)
            part |= column
    return result
