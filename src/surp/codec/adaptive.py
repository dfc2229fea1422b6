"""The coder `adaptive`: binary decisions with adaptive probabilities in few, shared contexts.

A coder of the folder holds `PRESETS` and two pairs: `encode_plain` / `decode_plain` for integers tensor after
tensor, `encode_passes` / `decode_passes` for magnitudes bit plane after bit plane. Each plain section and each
pass is one arithmetic code; what passes have taught carries over to the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log2
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surp._compile import announce
from surp.codec._container import Block
from surp.codec._model import Grid, begin_tensor, new_cells, new_grid
from surp.codec._rangecoder import (
    POSITION,
    SPAN,
    TOP,
    finish,
    is_finished,
    new_decoder,
    new_encoder,
)
from surp.codec._scan import ROOM, code_levels, code_pass
from surp.codec._sections import Levels, Plain
from surp.parameters import Frozen

PRESETS = ("default",)


class Parameters(Frozen):
    """What `params.yaml` may set."""

    preset: Literal["default"] = "default"


_FIRST_BUFFER = 1 << 12


class _Code:
    """One arithmetic code: coder state and a buffer that grows before it can overflow."""

    def __init__(self, block: Block | None = None) -> None:
        self.block = block
        if block is None:
            self.coder = new_encoder()
            self.buffer = np.zeros(_FIRST_BUFFER, dtype=np.uint8)
        else:
            self.buffer = np.frombuffer(block.content, dtype=np.uint8).copy()
            self.coder = new_decoder(self.buffer)

    def run(self, kernel: Any, cells: NDArray[np.int64], levels: Levels, grid: Grid, last: Any) -> float:
        """Scan one tensor; returns the bits it took."""
        announce(kernel)
        begin_tensor(cells)
        before = self._bits()
        reached = 0
        while reached < levels.size:
            reached = kernel(self.coder, self.buffer, cells, levels, reached, grid.width, grid.rows, grid.columns, last)
            if reached < 0:
                assert self.block is not None, "an encoder never returns -1"
                raise self.block.fail("a level outside the range of its type")
            if reached < levels.size:
                self.buffer = np.concatenate([self.buffer, np.zeros(self.buffer.size + ROOM, dtype=np.uint8)])
        return self._bits() - before

    def _bits(self) -> float:
        return 8 * int(self.coder[POSITION]) + log2(TOP / int(self.coder[SPAN]))

    def bytes(self) -> bytes:
        return self.buffer[: finish(self.coder, self.buffer)].tobytes()

    def check_end(self) -> None:
        assert self.block is not None, "only a decoder has an end to check"
        if not is_finished(self.coder, self.buffer.size):
            raise self.block.fail("its code does not end where the block does")


def encode_plain(tensors: Sequence[tuple[Plain, Levels]], preset: str) -> bytes:
    """Code integers. Levels: int32 or int64 as `Plain.dtype` says, any shape."""
    code, models = _Code(), (new_cells(), new_cells())
    for plain, levels in tensors:
        bounds = np.array([plain.least, plain.greatest], dtype=np.int64)
        code.run(code_levels, models[plain.kind], levels.reshape(-1), new_grid(plain.shape), bounds)
    return code.bytes()


def decode_plain(block: Block, tensors: Sequence[Plain], preset: str) -> tuple[list[Levels], list[float]]:
    """Inverse of `encode_plain`: levels, and the bits each tensor took. Raises `CorruptFileError`."""
    code, models = _Code(block), (new_cells(), new_cells())
    result, bits = [], []
    for plain in tensors:
        levels = np.zeros(plain.shape, dtype=plain.dtype)
        bounds = np.array([plain.least, plain.greatest], dtype=np.int64)
        bits.append(code.run(code_levels, models[plain.kind], levels.reshape(-1), new_grid(plain.shape), bounds))
        result.append(levels)
    code.check_end()
    return result, bits


def encode_passes(tensors: Sequence[Levels], passes: int, preset: str) -> Iterator[bytes]:
    """Code int32 levels, |level| < 2^passes, most significant bit first: one code for each pass."""
    cells, grids = new_cells(), [new_grid(levels.shape) for levels in tensors]
    for place in range(passes - 1, -1, -1):
        code = _Code()
        for levels, grid in zip(tensors, grids, strict=True):
            code.run(code_pass, cells, levels.reshape(-1), grid, place)
        yield code.bytes()


def decode_passes(
    blocks: Sequence[Block], shapes: Sequence[tuple[int, ...]], passes: int, preset: str
) -> tuple[list[Levels], list[list[float]]]:
    """Inverse of `encode_passes` from the first blocks: levels of all `passes` bits (those not told are 0), and
    the bits of each tensor in each block. Raises `CorruptFileError`."""
    cells, grids = new_cells(), [new_grid(shape) for shape in shapes]
    tensors = [np.zeros(shape, dtype=np.int32) for shape in shapes]
    bits = []
    for place, block in zip(range(passes - 1, -1, -1), blocks, strict=False):
        code = _Code(block)
        bits.append(
            [
                code.run(code_pass, cells, levels.reshape(-1), grid, place)
                for levels, grid in zip(tensors, grids, strict=True)
            ]
        )
        code.check_end()
    return tensors, bits


def warm_up() -> None:
    """Compile the kernels now (seconds on the first use ever, then a cache), so that later calls can be timed."""
    announce(code_levels, code_pass)
    level = np.zeros((1, 1), dtype=np.int32)
    plain = Plain(level.shape, level.dtype, -1, 1, 0)
    decode_plain(Block("plain", 0, encode_plain([(plain, level)], "default")), [plain], "default")
    list(encode_passes([level], 1, "default"))
