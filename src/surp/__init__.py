"""surp: trained networks as small files (prune, quantize, entropy-code), measured against rate-distortion theory.

    surp.save(model.state_dict(), "model.surp")             # or surp.encode(state_dict) -> bytes
    model.load_state_dict(surp.load("model.surp"))          # or surp.decode(data) -> numpy arrays, without torch

Importing this package imports nothing else; the functions load what they need when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surp.compress import decode, encode, load, save

__version__ = "0.1.0"
__all__ = ["__version__", "decode", "encode", "load", "save"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from surp import compress

        return getattr(compress, name)
    raise AttributeError(f"module 'surp' has no attribute {name!r}")
