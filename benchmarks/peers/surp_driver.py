"""This project's coders on plain levels, `surp.codec.encode_levels`.

The variant is a preset of the coder `adaptive`, or the name of another coder of `src/surp/codec/`.
"""

from __future__ import annotations

import numpy as np
from _plain import Levels

from surp import codec
from surp.codec.coders.adaptive import PRESETS


def encode(levels: Levels, variant: str = "default") -> bytes:
    if variant in PRESETS:
        return codec.encode_levels(levels, preset=variant)
    return codec.encode_levels(levels, coder=variant)


def decode(data: bytes) -> dict[str, np.ndarray]:
    return codec.decode_levels(data)
