"""Where the mixing presets start: estimates and weights that trained networks taught (`tools/train_priors.py`
makes them).

`<preset>-<version>.zlib` is data of the format: a file that is there never changes. New priors are a new version,
which a file of theirs names in a field of its header.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from zlib import decompress

from surp.errors import SurpError

VERSION: Final = 1
DIGESTS: Final = {
    "default": "4615ed9b0a8d606228e64c7babc0e6d7a7d7a0fc0bd4310d0eac689a0728e921",
    "max": "e4f73970cece060ef28475db3ae8ed869f88ffed01c6520dbdbedd1af12aae71",
}
"""SHA-256 of what each file of this version decompresses to."""


@cache
def read(preset: str) -> bytes:
    """The priors of a preset, as `surp.codec.entropy.mixed_model.mixers_of` reads them."""
    path = Path(__file__).with_name(f"{preset}-{VERSION}.zlib")
    data = decompress(path.read_bytes())
    if sha256(data).hexdigest() != DIGESTS[preset]:
        raise SurpError(f"{path}: not the priors of version {VERSION}; surp has to be installed anew")
    return data
