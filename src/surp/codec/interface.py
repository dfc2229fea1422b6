"""Coders by name, and what a coder can do.

Every coder has `PRESETS`, `Parameters`, `encode_plain`, `decode_plain` and `warm_up`. `encode_passes` and
`decode_passes` only those that know passes; `LANES = True` those whose tensors may be cut into lanes; `encode_floats`
and `decode_floats` those that quantize by themselves and write files without our frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from surp import registry
from surp.codec.frame.header import Header
from surp.errors import CorruptFileError, UnknownNameError
from surp.parameters import Frozen


def load_coder(coder: str, preset: str) -> ModuleType:
    """The coder's module. Raises `UnknownNameError` for a coder or preset that is not there."""
    module = registry.load("coders", coder)
    if preset not in module.PRESETS:
        raise UnknownNameError(f"preset of coder {coder}", preset, module.PRESETS)
    return module


def parse(coder: str, preset: str, settings: Mapping[str, Any] | None = None) -> tuple[ModuleType, Frozen]:
    """The coder and its parameters: the preset, and the others by `settings`. Raises `ParameterError` for a bad one."""
    module = load_coder(coder, preset)
    parameters: Frozen = module.Parameters.parse({"preset": preset, **(settings or {})}, f"coders.{coder}")
    return module, parameters


def coder_of(header: Header) -> ModuleType:
    """The coder that wrote a file; what this program's coder lacks is the file's fault, not the user's."""
    try:
        module = load_coder(header.coder, header.preset)
    except UnknownNameError as error:
        raise CorruptFileError(f"block header: {error}") from None
    if header.embedded and not has_passes(module):
        raise CorruptFileError(f"block header: tensors described in passes, which coder {header.coder} does not know")
    return module


def has_passes(module: ModuleType) -> bool:
    return hasattr(module, "encode_passes")


def has_lanes(module: ModuleType) -> bool:
    return bool(getattr(module, "LANES", False))


def quantizes(module: ModuleType) -> bool:
    """Whether the coder takes floats as they are."""
    return hasattr(module, "encode_floats")
