"""The presets `default` and `max`: mixed predictions. What encoder and decoder learn alike, and the priors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.codec.entropy import mixed_layout as at
from surp.codec.entropy.grid import Grid, new_grid, take_hints
from surp.codec.entropy.lane_code import LaneCode
from surp.codec.entropy.logistic import LIMIT, SQUASH, STRETCH
from surp.codec.entropy.mixed_scan import code_levels_mixed, code_pass_mixed
from surp.codec.entropy.mixer import DECISION, TO_CHANCE
from surp.codec.scan import Levels, Scan

VECTORS, WEIGHTS, PASSES = 0, 1, 2
"""What learns apart: vectors and buffers, weights, and weights in passes."""
KINDS = 3
STRETCH_UNIT = 22
WEIGHT_UNIT = 64
FRESH = 4
"""Decisions that a tensor's average starts with, so that it leaves the tensor before quickly."""
FRESH_SIZES = 6
"""Likewise the tensor's own distribution of magnitudes."""
_WEIGHTS = at.MEMORY - at.WEIGHTS


class Mixer(NamedTuple):
    """memory: int32 (MEMORY,), what was learned (`mixer`, `mixed_layout`). decision: int64 (DECISION,), room for one.
    deep: 1 for the preset `max`."""

    memory: NDArray[np.int32]
    decision: NDArray[np.int64]
    deep: int


def new_mixer(memory: NDArray[np.int32], deep: int) -> Mixer:
    return Mixer(memory, np.zeros(DECISION, dtype=np.int64), deep)


def mixers_of(data: bytes, deep: int) -> list[Mixer]:
    """Mixers of the three kinds. Per kind: int8 stretched estimates (STRETCH_UNIT), uint8 decisions they count for,
    int16 weights (WEIGHT_UNIT), little-endian."""
    size = 2 * at.CELLS + 2 * _WEIGHTS
    assert len(data) == KINDS * size, "the priors were made for other contexts"
    return [new_mixer(_memory(data[first : first + size]), deep) for first in range(0, len(data), size)]


def priors_of(mixers: Sequence[Mixer]) -> bytes:
    """Inverse of `mixers_of`, up to rounding."""
    data = b""
    for mixer in mixers:
        estimates, seen = mixer.memory[0 : at.WEIGHTS : 2], mixer.memory[1 : at.WEIGHTS : 2]
        stretched = STRETCH[estimates >> TO_CHANCE].astype(np.int64)
        data += np.clip((stretched + STRETCH_UNIT // 2) // STRETCH_UNIT, -127, 127).astype(np.int8).tobytes()
        data += np.minimum(seen, 255).astype(np.uint8).tobytes()
        data += ((mixer.memory[at.WEIGHTS :] + WEIGHT_UNIT // 2) // WEIGHT_UNIT).astype("<i2").tobytes()
    return data


def _memory(data: bytes) -> NDArray[np.int32]:
    count = at.CELLS
    stretched = np.frombuffer(data, dtype=np.int8, count=count).astype(np.int64) * STRETCH_UNIT
    memory = np.zeros(at.MEMORY, dtype=np.int32)
    memory[0 : at.WEIGHTS : 2] = SQUASH[np.clip(stretched, -LIMIT, LIMIT) + LIMIT] << TO_CHANCE
    memory[1 : at.WEIGHTS : 2] = np.frombuffer(data, dtype=np.uint8, count=count, offset=count)
    memory[at.WEIGHTS :] = np.frombuffer(data, dtype="<i2", offset=2 * count).astype(np.int32) * WEIGHT_UNIT
    return memory


def begin_tensor(memory: NDArray[np.int32]) -> None:
    """Let what belongs to one tensor forget the tensor before."""
    seen = memory[1 : at.WEIGHTS : 2]
    seen[at.AVERAGE] = min(int(seen[at.AVERAGE]), FRESH)
    own = seen[slice(*at.OWN_CELLS)]
    np.minimum(own, FRESH_SIZES, out=own)


class Mixing:
    """State of one lane, alike in encoder and decoder."""

    KERNELS = (code_levels_mixed, code_pass_mixed)

    def __init__(self, mixers: Sequence[Mixer]) -> None:
        self.mixers = mixers
        self.before: Grid | None = None
        self.grids: list[Grid] = []

    def plain(self, code: LaneCode, scan: Scan, levels: Levels, bounds: NDArray[np.int64]) -> float:
        """Code one tensor of integers; returns the bits it took. The rows of weights hint at the columns of the
        weights after them: units that are dead in one are dead in the other."""
        is_weights = scan.kind == WEIGHTS
        grid = new_grid(scan.shape, self.before if is_weights else None)
        if is_weights:
            self.before = grid
        return self._run(code, self.mixers[scan.kind], code_levels_mixed, levels.reshape(-1), grid, bounds)

    def begin_passes(self, shapes: Sequence[tuple[int, ...]]) -> None:
        for shape in shapes:
            self.grids.append(new_grid(shape, self.grids[-1] if self.grids else None))

    def plane(self, code: LaneCode, index: int, levels: Levels, place: int) -> float:
        """Code one bit plane of one tensor; returns the bits it took."""
        take_hints(self.grids[index], self.grids[index - 1] if index else None)
        return self._run(code, self.mixers[PASSES], code_pass_mixed, levels.reshape(-1), self.grids[index], place)

    def _run(self, code: LaneCode, mixer: Mixer, kernel: Any, levels: Levels, grid: Grid, last: Any) -> float:
        begin_tensor(mixer.memory)
        return code.run(kernel, levels, mixer, grid, last)
