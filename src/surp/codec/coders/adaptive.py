"""The coder `adaptive`: binary decisions with adaptive probabilities.

`fast` takes each from one estimate in few, shared contexts; `default` and `max` mix the predictions of several, and
start from priors of trained networks.

It has both pairs of a coder (`surp.codec.coder`): `encode_plain` / `decode_plain` for integers tensor after
tensor, `encode_passes` / `decode_passes` for magnitudes bit plane after bit plane. Each lane of plain integers and
each pass is one arithmetic code; what passes have taught carries over to the next pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from surp.codec import priors
from surp.codec.entropy.fast_model import Counting
from surp.codec.entropy.lane_code import LaneCode
from surp.codec.entropy.mixed_model import Mixing, mixers_of
from surp.codec.frame.piece import Piece
from surp.codec.scan import Levels, Scan
from surp.kernels import announce
from surp.parameters import Frozen

PRESETS = ("fast", "default", "max")
LANES = True


class Parameters(Frozen):
    """What `params.yaml` may set. preset: `fast` for speed, `max` for the smallest file."""

    preset: Literal["fast", "default", "max"] = "default"


def encode_plain(tensors: Iterable[tuple[Scan, Levels]], parameters: Parameters) -> bytes:
    """Code integers. Levels: int32 or int64 as `Scan.dtype` says, any shape."""
    code, model = LaneCode(), _model(parameters.preset)
    for scan, levels in tensors:
        model.plain(code, scan, levels, _bounds(scan))
    return code.bytes()


def decode_plain(piece: Piece, tensors: Sequence[Scan], preset: str) -> tuple[list[Levels], list[float]]:
    """Inverse of `encode_plain`: levels, and the bits each tensor took. Raises `CorruptFileError`."""
    code, model = LaneCode(piece), _model(preset)
    result, bits = [], []
    for scan in tensors:
        levels = np.zeros(scan.shape, dtype=scan.dtype)
        bits.append(model.plain(code, scan, levels, _bounds(scan)))
        result.append(levels)
    code.check_end()
    return result, bits


def encode_passes(tensors: Sequence[Levels], passes: int, parameters: Parameters) -> Iterator[bytes]:
    """Code int32 levels, |level| < 2^passes, most significant bit first: one code for each pass."""
    model = _model(parameters.preset)
    model.begin_passes([levels.shape for levels in tensors])
    for place in range(passes - 1, -1, -1):
        code = LaneCode()
        for index, levels in enumerate(tensors):
            model.plane(code, index, levels, place)
        yield code.bytes()


def decode_passes(
    pieces: Sequence[Piece], shapes: Sequence[tuple[int, ...]], passes: int, preset: str
) -> tuple[list[Levels], list[list[float]]]:
    """Inverse of `encode_passes` from the first pieces: levels of all `passes` bits (those not told are 0), and
    the bits of each tensor in each piece. Raises `CorruptFileError`."""
    model = _model(preset)
    model.begin_passes(shapes)
    tensors = [np.zeros(shape, dtype=np.int32) for shape in shapes]
    bits = []
    for place, piece in zip(range(passes - 1, -1, -1), pieces, strict=False):
        code = LaneCode(piece)
        bits.append([model.plane(code, index, levels, place) for index, levels in enumerate(tensors)])
        code.check_end()
    return tensors, bits


def warm_up() -> None:
    """Compile the kernels now (seconds on the first use ever, then a cache), so that later calls can be timed."""
    announce(*Counting.KERNELS, *Mixing.KERNELS)
    level = np.zeros((1, 1), dtype=np.int32)
    scan = Scan(level.shape, level.dtype, -1, 1, 0)
    for parameters in (Parameters(preset="fast"), Parameters(), Parameters(preset="max")):
        code = encode_plain([(scan, level)], parameters)
        decode_plain(Piece("plain", 0, code), [scan], parameters.preset)
        list(encode_passes([level], 1, parameters))


def _model(preset: str) -> Counting | Mixing:
    if preset == "fast":
        return Counting()
    return Mixing(mixers_of(priors.read(preset), int(preset == "max")))


def _bounds(scan: Scan) -> NDArray[np.int64]:
    return np.array([scan.least, scan.greatest], dtype=np.int64)
