"""The presets that mix: their state before anything was seen, how one tensor follows another, and the two scans."""

from __future__ import annotations

import zlib
from base64 import b85decode, b85encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec import _mixcontexts as contexts
from surp.codec._code import Code
from surp.codec._grid import Grid, new_grid
from surp.codec._logistic import LIMIT, SQUASH, STRETCH
from surp.codec._mixer import INPUTS, PRECISION, SEEN, TRUSTS, Mixer, P
from surp.codec._mixscan import code_levels_mixed, code_pass_mixed
from surp.codec._sections import Levels, Plain

VECTORS, WEIGHTS, PASSES = 0, 1, 2
"""What learns apart: vectors and buffers, weights, and weights in passes."""
KINDS = 3
RATE = 96
"""Learning rate of the weights; 1 / 2^24 is the unit, errors are in 65536ths."""
STRETCH_UNIT = 22
WEIGHT_UNIT = 64
FRESH = 4
"""Decisions that a tensor's average starts with, so that it leaves the tensor before quickly."""
FRESH_SIZES = 6
"""Likewise the tensor's own distribution of magnitudes."""
_HINT = 256
_WEIGHTS = contexts.SETS * INPUTS * TRUSTS


def read_priors(text: str, deep: int) -> list[Mixer]:
    """Mixers of the three kinds. Per kind: int8 stretched estimates (STRETCH_UNIT), uint8 decisions they count for,
    int16 weights (WEIGHT_UNIT), little-endian."""
    data = zlib.decompress(b85decode(text))
    part = 2 * contexts.CELLS + 2 * _WEIGHTS
    assert len(data) == KINDS * part, "the priors were made for other contexts"
    return [_mixer(data[first : first + part], deep) for first in range(0, len(data), part)]


def write_priors(mixers: list[Mixer]) -> str:
    """Inverse of `read_priors`, up to rounding."""
    data = b""
    for mixer in mixers:
        stretched = STRETCH[mixer.cells[:, P] >> (PRECISION - 16)].astype(np.int64)
        data += np.clip((stretched + STRETCH_UNIT // 2) // STRETCH_UNIT, -127, 127).astype(np.int8).tobytes()
        data += np.minimum(mixer.cells[:, SEEN], 255).astype(np.uint8).tobytes()
        data += ((mixer.weights + WEIGHT_UNIT // 2) // WEIGHT_UNIT).astype("<i2").tobytes()
    return b85encode(zlib.compress(data, 9)).decode()


def _mixer(data: bytes, deep: int) -> Mixer:
    count = contexts.CELLS
    stretched = np.frombuffer(data, dtype=np.int8, count=count).astype(np.int64) * STRETCH_UNIT
    cells = np.zeros((count, 2), dtype=np.int32)
    cells[:, P] = SQUASH[np.clip(stretched, -LIMIT, LIMIT) + LIMIT] << (PRECISION - 16)
    cells[:, SEEN] = np.frombuffer(data, dtype=np.uint8, count=count, offset=count)
    weights = np.frombuffer(data, dtype="<i2", offset=2 * count).astype(np.int32) * WEIGHT_UNIT
    return new_mixer(cells, weights, deep)


def new_mixer(cells: NDArray[np.int32], weights: NDArray[np.int32], deep: int) -> Mixer:
    rates = np.full(contexts.SETS, RATE, dtype=np.int32)
    return Mixer(cells, weights, rates, deep, *(np.zeros(INPUTS, dtype=np.int64) for _ in range(3)))


def begin_tensor(mixer: Mixer) -> None:
    """Let what belongs to one tensor forget the tensor before."""
    cells = mixer.cells
    cells[contexts.AVERAGE, SEEN] = min(int(cells[contexts.AVERAGE, SEEN]), FRESH)
    for first, last in contexts.OWN_CELLS:
        np.minimum(cells[first:last, SEEN], FRESH_SIZES, out=cells[first:last, SEEN])


class Mixing:
    """State of one section, alike in encoder and decoder."""

    KERNELS = (code_levels_mixed, code_pass_mixed)

    def __init__(self, mixers: list[Mixer]) -> None:
        self.mixers = mixers
        self.before: Grid | None = None
        self.hints: NDArray[np.int64] | None = None
        self.grids: list[Grid] = []

    def plain(self, code: Code, plain: Plain, levels: Levels, bounds: NDArray[np.int64]) -> float:
        """Code one tensor of integers; returns the bits it took. A vector hints at the rows of the next weights, their
        rows at the columns of the weights after them: units that are dead in one are dead in the other."""
        is_weights = plain.kind == WEIGHTS
        grid = new_grid(plain.shape, self.before, self.hints) if is_weights else new_grid(plain.shape, None, None)
        flat = levels.reshape(-1)
        bits = self._run(code, self.mixers[plain.kind], code_levels_mixed, flat, grid, bounds)
        if is_weights:
            self.before = grid
        else:
            self.hints = np.where(flat != 0, _HINT, -_HINT).astype(np.int64)
        return bits

    def begin_passes(self, shapes: Sequence[tuple[int, ...]]) -> None:
        for shape in shapes:
            self.grids.append(new_grid(shape, self.grids[-1] if self.grids else None, None))

    def plane(self, code: Code, index: int, levels: Levels, place: int) -> float:
        """Code one bit plane of one tensor; returns the bits it took."""
        flat = levels.reshape(-1)
        return self._run(code, self.mixers[PASSES], code_pass_mixed, flat, self.grids[index], place)

    def _run(self, code: Code, mixer: Mixer, kernel: Any, levels: Levels, grid: Grid, last: Any) -> float:
        begin_tensor(mixer)
        return code.run(kernel, levels, mixer, grid, last)
