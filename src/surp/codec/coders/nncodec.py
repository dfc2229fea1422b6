"""nncodec 2.1.3, the reference software of the MPEG standard NNC (ISO/IEC 15938-17), in an environment of its own.

Levels of any quantizer are coded as they are, by its DeepCABAC, into the block `plain`; the header tells names and
maps. Floats it quantizes by itself (dependent quantization), and then the file is its own bitstream as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.codec.frame.piece import Piece
from surp.codec.peers import nncodec as peer
from surp.codec.peers.nncodec_driver import QP
from surp.codec.scan import Levels, Scan
from surp.errors import CorruptFileError, ParameterError
from surp.parameters import Frozen
from surp.tensors.state import State

PEER = True
"""Not ours: what it makes is compared with ours (`surp.comparison.matched`)."""
PRESETS = ("default",)
LANES = False
SCALAR, ARRAY = "@scalar", "@array"
"""After the name of a tensor without dimensions, which nncodec has as one of one element; and of any other whose own
name ends with one of these."""
_FIRST, _LETTERS = 33, 94
"""Names that the bitstream has for levels: numbers written in the printable letters of ASCII."""


OF_FLOATS = ("qp",)
"""Parameters that are read of floats only, not of levels."""


class Parameters(Frozen):
    """qp: quantization parameter of floats, a step of 2^(qp / 4) for tensors of two or more dimensions."""

    preset: Literal["default"] = "default"
    qp: int = Field(default=QP, ge=-100, le=0)


def encode_plain(tensors: Iterable[tuple[Scan, Levels]], parameters: Parameters) -> bytes:
    """nncodec's bitstream of the tensors that have elements; nothing if there are none."""
    wanted = [(number, levels) for number, (_, levels) in enumerate(tensors) if levels.size]
    return peer.encode({_name(number): _to_int32(levels) for number, levels in wanted}) if wanted else b""


def decode_plain(piece: Piece, tensors: Sequence[Scan], preset: str) -> tuple[list[Levels], list[float | None]]:
    """Inverse of `encode_plain`; what a tensor took is not known. Raises `CorruptFileError`, and `ParameterError`
    where the environment of nncodec is missing."""
    sizes = {_name(number): prod(scan.shape) for number, scan in enumerate(tensors)}
    wanted = {name for name, size in sizes.items() if size}
    found: Mapping[str, NDArray[Any]] = {}
    if wanted:
        try:
            found = peer.decode(piece.content, 2 * sum(sizes.values()))
        except peer.RunError as error:
            raise piece.fail(f"nncodec: {error}") from None
    elif piece.content:
        raise piece.fail(f"{len(piece.content)} bytes too many")
    if set(found) != wanted:
        raise piece.fail(f"nncodec's tensors are {len(found)}, not the {len(wanted)} wanted")
    result = [
        _from_int32(piece, scan, found[name]) if sizes[name] else np.zeros(scan.shape, scan.dtype)
        for name, scan in zip(sizes, tensors, strict=True)
    ]
    return result, [None] * len(result)


def encode_floats(state: State, parameters: Parameters) -> bytes:
    """nncodec's own file of float32 tensors, quantized by `qp`, and of integers, which stay as they are.

    Raises `ParameterError` naming the tensor for other floats, and for integers that leave 32 bits.
    """
    if not state:
        raise ParameterError("a model without tensors, of which nncodec makes no file")
    tensors = {_marked(name, value.ndim): np.atleast_1d(_checked(name, value)) for name, value in state.items()}
    return peer.encode(tensors, parameters.qp)


def decode_floats(data: bytes) -> State:
    """Inverse of `encode_floats` up to quantization: float32, and integers as int32. Raises `CorruptFileError`.

    The bitstream has no checksum, and one that was cut between two tensors looks whole.
    """
    try:
        found = peer.decode(data)
    except peer.RunError as error:
        raise CorruptFileError(f"nncodec's bitstream of {len(data)} bytes: {error}") from None
    if not found:
        raise CorruptFileError(f"nncodec's bitstream of {len(data)} bytes: no tensors in it")
    return {
        _unmarked(name): value.reshape(()) if name.endswith(SCALAR) and value.size == 1 else value
        for name, value in sorted(found.items())
    }


def warm_up() -> None:
    """Nothing is compiled, but what is missing is told now."""
    peer.python()


def _name(number: int) -> str:
    digits = chr(_FIRST + number % _LETTERS)
    return digits if number < _LETTERS else _name(number // _LETTERS) + digits


def _marked(name: str, dimensions: int) -> str:
    return name + (ARRAY * name.endswith((SCALAR, ARRAY)) if dimensions else SCALAR)


def _unmarked(name: str) -> str:
    """Inverse of `_marked`."""
    return name.removesuffix(SCALAR if name.endswith(SCALAR) else ARRAY)


def _to_int32(levels: Levels) -> NDArray[np.int32]:
    """Levels of 64 bits as twice as many of 32, the lower half first."""
    shaped = np.atleast_1d(levels)
    if shaped.dtype.itemsize == 4:
        return shaped
    return np.ascontiguousarray(shaped, dtype="<i8").view("<i4").astype(np.int32, copy=False)


def _from_int32(piece: Piece, scan: Scan, found: NDArray[Any]) -> Levels:
    """Inverse of `_to_int32`."""
    wide = scan.dtype.itemsize == 8
    shape = scan.shape or (1,)
    if found.shape != (*shape[:-1], (1 + wide) * shape[-1]) or found.dtype != np.int32:
        raise piece.fail(f"nncodec's {found.dtype} tensor of shape {found.shape} where {scan.shape} is wanted")
    levels = np.ascontiguousarray(found, dtype="<i4").view("<i8") if wide else found
    levels = levels.astype(scan.dtype, copy=False).reshape(scan.shape)
    if not scan.least <= int(levels.min()) <= int(levels.max()) <= scan.greatest:
        raise piece.fail("a level outside the range of its type")
    return levels


def _checked(name: str, value: NDArray[Any]) -> NDArray[Any]:
    if value.dtype == np.float32 and not np.isfinite(value).all():
        raise ParameterError(f"tensor {name!r} holds NaN or infinity, which nncodec cannot quantize")
    if value.dtype == np.float32:
        return value
    if value.dtype.kind not in "iub":
        raise ParameterError(f"tensor {name!r} is {value.dtype}; nncodec quantizes float32 by itself")
    if value.size and not -(1 << 31) <= int(value.min()) <= int(value.max()) < 1 << 31:
        raise ParameterError(f"tensor {name!r} holds integers beyond 32 bits; nncodec has none")
    return value.astype(np.int32)
