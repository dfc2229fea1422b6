"""Floats bit for bit: sign and exponent as a level, the mantissa as it is.

Of a float with the exponent field e the level is sign * (1 + (first - e) mod 2^w), where `first` is the largest
exponent of the tensor's finite values and w the field's width: weights have few exponents, the largest ones mostly.
Every zero is level 0, so -0 becomes 0. Mantissas of the others follow one another, the highest bits that any of them
uses, in a block of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec import _format as wire
from surp.codec._container import Block
from surp.codec._header import Tensor

_CHUNK = 1 << 16
"""Floats whose mantissas are spread to single bits at once; a multiple of 8, so that chunks end with a byte."""
_BITS: dict[int, np.dtype[Any]] = {2: np.dtype("<u2"), 4: np.dtype("<u4"), 8: np.dtype("<u8")}


def split(name: str, values: NDArray[Any], dtype: str) -> tuple[Tensor, NDArray[np.int16], bytes]:
    """Header entry, levels and mantissas of a float tensor. bfloat16 comes as float32 values that are bfloat16."""
    exponents, mantissa = wire.FLOATS[dtype]
    words = _words(values, dtype)
    fields = (words >> mantissa).astype(np.int32) & ((1 << exponents) - 1)
    rest = words & words.dtype.type((1 << mantissa) - 1)
    alive = (fields != 0) | (rest != 0)
    finite = fields[alive & (fields != (1 << exponents) - 1)]
    first = int(finite.max(initial=0))
    levels = (1 + ((first - fields) & ((1 << exponents) - 1))).astype(np.int16)
    np.negative(levels, out=levels, where=(words >> (exponents + mantissa)).astype(np.bool_))
    levels[~alive] = 0
    rest = rest[alive]
    used = int(np.bitwise_or.reduce(rest)) if rest.size else 0
    bits = mantissa - ((used & -used).bit_length() - 1) if used else 0
    tensor = Tensor(name, tuple(values.shape), dtype, "int16", bits=(first, bits))
    return tensor, levels.reshape(values.shape), _pack(rest >> rest.dtype.type(mantissa - bits), bits)


def join(tensor: Tensor, levels: NDArray[Any], packed: NDArray[np.uint8]) -> NDArray[Any]:
    """Inverse of `split`: the values; packed: the bytes of this tensor's mantissas."""
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
    return _values(words, tensor.dtype).reshape(tensor.shape)


def packed_bytes(tensor: Tensor, levels: NDArray[Any]) -> int:
    """Bytes of the mantissas that these levels have."""
    assert tensor.bits is not None, "only exact tensors have mantissas"
    return -(-int(np.count_nonzero(levels)) * tensor.bits[1] // 8)


def join_all(tensors: tuple[Tensor, ...], levels: Mapping[str, NDArray[Any]], block: Block) -> dict[str, NDArray[Any]]:
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
        result[tensor.name] = join(tensor, levels[tensor.name], content[start : start + size])
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
