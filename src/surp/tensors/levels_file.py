"""The file of what a quantizer made: its arrays as safetensors, and all else as JSON in the metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from surp.errors import WeightsError
from surp.tensors.forms import Form
from surp.tensors.levels import Quantized
from surp.tensors.maps import Map, Tail
from surp.tensors.safetensors_file import read_state, write_state

KIND = "levels"
"""`surp.kind` in the metadata of a file that `write_levels` made."""
_TYPES: dict[str, TypeAdapter[Any]] = {
    "maps": TypeAdapter(dict[str, Map | None]),
    "dtypes": TypeAdapter(dict[str, str]),
    "embedded": TypeAdapter(tuple[str, ...]),
    "tail": TypeAdapter(Tail | None),
    "forms": TypeAdapter(dict[str, Form]),
}
"""Those parts of the metadata that are more than a number or a name."""


def write_levels(path: Path, quantized: Quantized) -> None:
    """Write `levels.safetensors`; inverse of `read_levels`."""
    header = asdict(replace(quantized, levels={}))
    write_state(path, quantized.levels, {"surp.kind": KIND, "surp.levels": json.dumps(header)})


def read_levels(path: Path) -> Quantized:
    """Inverse of `write_levels`. Raises `WeightsError` for a file of anything else, and for damaged metadata."""
    levels, metadata = read_state(path)
    if metadata.get("surp.kind") != KIND:
        raise WeightsError(f"{path}: holds no levels (its metadata has no surp.kind = {KIND})")
    try:
        header: dict[str, Any] = json.loads(metadata["surp.levels"])
        parsed = {key: kind.validate_python(header[key]) for key, kind in _TYPES.items()}
        return Quantized(levels, quantizer=header["quantizer"], passes=header["passes"], **parsed)
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: metadata surp.levels is damaged: {' '.join(str(error).split())}") from None
