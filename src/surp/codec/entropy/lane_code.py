"""One arithmetic code around compiled scans: the buffer, its growth, and what is checked at the end."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np

from surp.codec.entropy.range_coder import POSITION, ROOM, SPAN, TOP, finish, is_finished, new_decoder, new_encoder
from surp.codec.frame.piece import Piece
from surp.codec.scan import Levels
from surp.kernels import announce

_FIRST_BUFFER = 1 << 12


class LaneCode:
    """One arithmetic code: coder state and a buffer that grows before it can overflow."""

    def __init__(self, piece: Piece | None = None) -> None:
        self.piece = piece
        if piece is None:
            self.coder = new_encoder()
            self.buffer = np.zeros(_FIRST_BUFFER, dtype=np.uint8)
        else:
            self.buffer = np.frombuffer(piece.content, dtype=np.uint8).copy()
            self.coder = new_decoder(self.buffer)

    def run(self, kernel: Any, levels: Levels, state: Any, grid: Any, last: Any) -> float:
        """Scan one tensor, levels of shape (n,); returns the bits it took.

        kernel(coder, buffer, state, levels, start, grid, last) returns the index it reached, or -1 for a level that
        cannot be. Raises `CorruptFileError` for that.
        """
        announce(kernel)
        before = self._bits()
        reached = 0
        while reached < levels.size:
            reached = kernel(self.coder, self.buffer, state, levels, reached, grid, last)
            if reached < 0:
                assert self.piece is not None, "an encoder never returns -1"
                raise self.piece.fail("a level outside the range of its type")
            if reached < levels.size:
                self.buffer = np.concatenate([self.buffer, np.zeros(self.buffer.size + ROOM, dtype=np.uint8)])
        return self._bits() - before

    def _bits(self) -> float:
        return 8 * int(self.coder[POSITION]) + log2(TOP / int(self.coder[SPAN]))

    def bytes(self) -> bytes:
        return self.buffer[: finish(self.coder, self.buffer)].tobytes()

    def check_end(self) -> None:
        """Raises `CorruptFileError` unless the decoder has read just what its encoder wrote."""
        assert self.piece is not None, "only a decoder has an end to check"
        if not is_finished(self.coder, self.buffer.size):
            raise self.piece.fail("its code does not end where the piece does")
