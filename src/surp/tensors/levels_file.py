"""The file of what a quantizer made: its tensors as safetensors, and all else as JSON in the metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from surp.errors import WeightsError
from surp.tensors.kept import Kept
from surp.tensors.levels import Map, Quantized, Tail
from surp.tensors.safetensors_file import read_state, write_state
from surp.tensors.state import State

KINDS = ("levels", "kept")
"""`surp.kind` in the metadata of a file that `write_levels` made."""


def write_levels(path: Path, quantized: Quantized | Kept) -> None:
    """Write `levels.safetensors`; inverse of `read_levels`."""
    if isinstance(quantized, Kept):
        names = _names_of_scales(quantized)
        header = {"dtypes": quantized.dtypes, "quantizer": quantized.quantizer, "scales": names}
        scales = {names[name]: scale for name, scale in quantized.scales.items()}
        kind, tensors = "kept", quantized.tensors | scales
    else:
        header = asdict(replace(quantized, levels={}))
        del header["levels"]
        kind, tensors = "levels", quantized.levels
    write_state(path, tensors, {"surp.kind": kind, "surp.levels": json.dumps(header)})


def read_levels(path: Path) -> Quantized | Kept:
    """Inverse of `write_levels`. Raises `WeightsError` for a file of anything else, and for damaged metadata."""
    state, metadata = read_state(path)
    if metadata.get("surp.kind") not in KINDS:
        raise WeightsError(f"{path}: holds no levels (its metadata has no surp.kind = levels or kept)")
    try:
        header: dict[str, Any] = json.loads(metadata["surp.levels"])
        return _kept(state, header) if metadata["surp.kind"] == "kept" else _quantized(state, header)
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: metadata surp.levels is damaged: {' '.join(str(error).split())}") from None


def _kept(state: State, header: Mapping[str, Any]) -> Kept:
    scales = {name: state.pop(scale) for name, scale in header["scales"].items()}
    return Kept(state, dict(header["dtypes"]), header["quantizer"], scales)


def _quantized(state: State, header: Mapping[str, Any]) -> Quantized:
    rest = {key: header[key] for key in ("dtypes", "quantizer", "passes")}
    maps = TypeAdapter(dict[str, Map | None]).validate_python(header["maps"])
    tail = TypeAdapter(Tail | None).validate_python(header["tail"])
    return Quantized(state, maps, **rest, embedded=tuple(header["embedded"]), tail=tail)


def _names_of_scales(kept: Kept) -> dict[str, str]:
    """What the scales of each tensor are called in the file: any name that is free."""
    return {
        name: next(free for n in count() if (free := f"{name}@scale{n or ''}") not in kept.tensors)
        for name in kept.scales
    }
