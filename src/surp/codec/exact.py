"""Floats bit for bit: sign and exponent as a level, the mantissa as it is.

Of a float with the exponent field e the level is sign * (1 + (first - e) mod 2^w), where `first` is the largest
exponent of the tensor's finite values and w the field's width: weights have few exponents, the largest ones mostly.
Every zero is level 0. Mantissas of the others follow one another, the highest bits that any of them uses, in a block of
their own. Where a tensor has a -0 (a masked checkpoint is full of them), the signs of its zeros are one row of bools in
another block, which the file's coder codes: a bit where they are random, next to nothing where one sign is rare.

Nothing here is float arithmetic, so no NaN loses its payload or becomes a quiet one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.frame import wire
from surp.codec.frame.container import Block
from surp.codec.frame.header import Header, Tensor

_CHUNK = 1 << 16
"""Floats whose mantissas are spread to single bits at once; a multiple of 8, so that chunks end with a byte."""
_BITS: dict[int, np.dtype[Any]] = {2: np.dtype("<u2"), 4: np.dtype("<u4"), 8: np.dtype("<u8")}


@dataclass(frozen=True)
class Bits:
    """What floats have besides levels. mantissas: of all tensors. signs: of zeros, where some are -0, shape (1, n)."""

    mantissas: bytes
    signs: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


NO_BITS = Bits(b"")


@dataclass(frozen=True)
class Split:
    """A float tensor in parts: header entry, levels, mantissas, and the signs of the zeros, shape (1, n)."""

    tensor: Tensor
    levels: NDArray[np.int16]
    mantissas: bytes
    signs: NDArray[np.bool_]


def split(name: str, values: NDArray[Any], dtype: str) -> Split:
    """The parts of a float tensor. bfloat16 comes as float32 values that are bfloat16."""
    exponents, mantissa = wire.FLOATS[dtype]
    words = _words(values, dtype)
    fields = (words >> mantissa).astype(np.int32) & ((1 << exponents) - 1)
    rest = words & words.dtype.type((1 << mantissa) - 1)
    alive = (fields != 0) | (rest != 0)
    finite = fields[alive & (fields != (1 << exponents) - 1)]
    first = int(finite.max(initial=0))
    levels = (1 + ((first - fields) & ((1 << exponents) - 1))).astype(np.int16)
    negative = (words >> (exponents + mantissa)).astype(np.bool_)
    np.negative(levels, out=levels, where=negative)
    levels[~alive] = 0
    signs = negative[~alive]
    rest = rest[alive]
    used = int(np.bitwise_or.reduce(rest)) if rest.size else 0
    bits = mantissa - ((used & -used).bit_length() - 1) if used else 0
    tensor = Tensor(name, tuple(values.shape), dtype, "int16", bits=(first, bits), signed_zeros=bool(signs.any()))
    mantissas = _pack(rest >> rest.dtype.type(mantissa - bits), bits)
    return Split(tensor, levels.reshape(values.shape), mantissas, signs.reshape(1, -1))


def join(
    tensor: Tensor, levels: NDArray[Any], packed: NDArray[np.uint8], signs: NDArray[np.bool_] | None
) -> NDArray[Any]:
    """Inverse of `split`: the values. packed: the bytes of this tensor's mantissas. signs: None where no zero is -0."""
    assert tensor.bits is not None, "only exact tensors have mantissas"
    first, bits = tensor.bits
    exponents, mantissa = wire.FLOATS[tensor.dtype]
    word = _BITS[(1 + exponents + mantissa) // 8]
    flat = levels.reshape(-1)
    alive = flat != 0
    living = flat[alive].astype(np.int32)
    fields = (first - (np.abs(living) - 1)) & ((1 << exponents) - 1)
    found = fields.astype(word) << word.type(mantissa)
    found |= (living < 0).astype(word) << word.type(exponents + mantissa)
    found |= _unpack(packed, bits, living.size, word) << word.type(mantissa - bits)
    words = np.zeros(flat.shape, dtype=word)
    words[alive] = found
    if signs is not None:
        words[~alive] = signs.reshape(-1).astype(word) << word.type(exponents + mantissa)
    return _values(words, tensor.dtype).reshape(tensor.shape)


def packed_bytes(tensor: Tensor, levels: NDArray[Any]) -> int:
    """Bytes of the mantissas that these levels have."""
    assert tensor.bits is not None, "only exact tensors have mantissas"
    return -(-int(np.count_nonzero(levels)) * tensor.bits[1] // 8)


def zeros_of(header: Header, levels: Mapping[str, NDArray[Any]]) -> tuple[Tensor, ...]:
    """Entries of the block `signs`: a row of bools for each tensor with a -0, as many as it has zeros."""
    counts = {t.name: t.size - int(np.count_nonzero(levels[t.name])) for t in header.signed}
    return tuple(Tensor(name, (1, count), "bool", "bool") for name, count in counts.items())


def join_all(
    tensors: tuple[Tensor, ...],
    levels: Mapping[str, NDArray[Any]],
    signs: Mapping[str, NDArray[np.bool_]],
    block: Block,
) -> dict[str, NDArray[Any]]:
    """The values of all exact tensors. Raises `CorruptFileError` if the mantissas are not as many as the levels say."""
    content = np.frombuffer(block.content, dtype=np.uint8)
    for tensor in tensors:
        assert tensor.bits is not None, "only exact tensors have mantissas"
        most = int(np.abs(levels[tensor.name].astype(np.int32)).max(initial=0))
        if most > 1 << wire.FLOATS[tensor.dtype][0]:
            raise block.fail(f"tensor {tensor.name!r} has a level of {most}, which is no exponent of {tensor.dtype}")
    sizes = [packed_bytes(tensor, levels[tensor.name]) for tensor in tensors]
    if sum(sizes) != content.size:
        raise block.fail(f"{content.size} bytes of mantissas, but {sum(sizes)} wanted")
    result, start = {}, 0
    for tensor, size in zip(tensors, sizes, strict=True):
        result[tensor.name] = join(tensor, levels[tensor.name], content[start : start + size], signs.get(tensor.name))
        start += size
    return result


def _words(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The floats as unsigned integers of their bits, shape (n,)."""
    flat = np.ascontiguousarray(values).reshape(-1)
    if dtype == "bfloat16":
        return (flat.astype("<f4", copy=False).view("<u4") >> 16).astype("<u2")
    return flat.astype(flat.dtype.newbyteorder("<"), copy=False).view(_BITS[flat.dtype.itemsize])


def _values(words: NDArray[Any], dtype: str) -> NDArray[Any]:
    if dtype == "bfloat16":
        return (words.astype("<u4") << np.uint32(16)).view(np.float32)
    return words.view(np.dtype(dtype).newbyteorder("<")).astype(dtype, copy=False)


def _pack(values: NDArray[Any], bits: int) -> bytes:
    """The lowest `bits` bits of each, high to low, without gaps."""
    places = np.arange(bits - 1, -1, -1).astype(values.dtype)
    chunks = (values[start : start + _CHUNK, None] >> places for start in range(0, values.size, _CHUNK))
    return (
        b"".join(np.packbits((chunk & 1).astype(np.uint8).reshape(-1)).tobytes() for chunk in chunks) if bits else b""
    )


def _unpack(packed: NDArray[np.uint8], bits: int, count: int, word: np.dtype[Any]) -> NDArray[Any]:
    result = np.zeros(count, dtype=word)
    for start in range(0, count if bits else 0, _CHUNK):
        part = result[start : start + _CHUNK]
        spread = np.unpackbits(packed[start * bits // 8 :][: -(-part.size * bits // 8)], count=part.size * bits)
        for column in spread.reshape(part.size, bits).T:
            part <<= word.type(1)
            part |= column
    return result
