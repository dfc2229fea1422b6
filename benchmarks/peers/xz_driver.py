"""xz, strongest preset, on levels packed as the narrowest integers."""

from __future__ import annotations

import lzma

import numpy as np
from _plain import Levels, packed, unpacked


def encode(levels: Levels) -> bytes:
    return lzma.compress(packed(levels), preset=9 | lzma.PRESET_EXTREME)


def decode(data: bytes) -> dict[str, np.ndarray]:
    return unpacked(lzma.decompress(data))
