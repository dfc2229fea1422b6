"""Pictures as arrays: the only module that knows Pillow."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from surp.data.dataset import Images
from surp.errors import DataError

_MODES = {1: "L", 3: "RGB"}
_DEEP = ("I", "F")  # more than 8 bits a channel: Pillow would clip them in silence
_DAMAGE = (  # what Pillow's decoders raise on damaged files, by format
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def decode(content: bytes, where: str, channels: int, size: tuple[int, int] | None) -> Images:
    """One picture as uint8 of shape (channels, H, W), resized (bilinear, antialiased) if `size` = (H, W) is given.

    Raises `DataError` naming `where` if it is damaged or has more than 8 bits a channel.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.mode.startswith(_DEEP):
                raise DataError(f"{where}: mode {image.mode} has more than 8 bits a channel; convert it first")
            picture = image.convert(_MODES[channels])
    except _DAMAGE as error:
        raise DataError(f"{where}: not a readable picture: {error}") from None
    if size is not None and picture.size != (size[1], size[0]):
        picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture, dtype=np.uint8)
    return np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], channels).transpose(2, 0, 1))
