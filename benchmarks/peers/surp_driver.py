"""This project's coder on plain levels, `surp.codec.encode_levels`; the variant is the preset."""

from __future__ import annotations

import numpy as np
from _plain import Levels

from surp import codec


def encode(levels: Levels, preset: str = "default") -> bytes:
    return codec.encode_levels(levels, preset=preset)


def decode(data: bytes) -> dict[str, np.ndarray]:
    return codec.decode_levels(data)
