"""What a quantizer makes, a coder codes and a decoder inverts: integer levels with the map from level to value, or
numbers that are kept as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.tensors.kept import Kept
from surp.tensors.layout import State, read_state, write_state

HALF = 128
"""`LevelMap.ratio` of thresholds that halve from pass to pass, in 256ths."""
MANTISSA = 23
"""Bits of mantissa of a float32, the most that a `RelativeMap` has."""
KINDS = ("levels", "kept")
"""`surp.kind` in the metadata of a file that `write_levels` made."""


@dataclass(frozen=True)
class LevelMap:
    """value = sign(l) * step * (base(|l|) + offset(|l|) / 256) for l != 0, and 0 for l = 0.

    step: float32 value. ratio: threshold ratio between passes in 256ths; base(m) = sum over the bits j of m of
    (256 / ratio)^j, so base(m) = m where thresholds halve. offsets: signed integers for |l| = 1, 2, ...; the last
    one serves all larger levels, none means 0. Only numbers that stand in the file enter, in IEEE double
    arithmetic without transcendental functions, so every machine computes the same values.
    """

    step: float
    ratio: int = HALF
    offsets: tuple[int, ...] = ()

    def values(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Values of integer levels, same shape."""
        magnitude = np.abs(levels.astype(np.int64))
        if self.ratio == HALF:
            base = magnitude.astype(np.float64)
        else:
            base = np.zeros(levels.shape)
            power = 1.0
            for bit in range(int(magnitude.max(initial=0)).bit_length()):
                base += power * ((magnitude >> bit) & 1)
                power = power * 256 / self.ratio
        if self.offsets:
            table = np.array([0, *self.offsets], dtype=np.float64) / 256
            base += table[np.minimum(magnitude, len(self.offsets))]
        return np.sign(levels) * (base * self.step)


@dataclass(frozen=True)
class RelativeMap:
    """Levels of equal relative precision: the floats of `mantissa` bits of mantissa, from the largest one down.

    Such a float is told by its word, the upper 9 + `mantissa` bits of a float32 less the sign. `top` is the word of
    |l| = 1, and each further level is the next smaller float: value = sign(l) * float(top + 1 - |l|), and 0 for l = 0.
    A value is thus within 2^-(mantissa + 1) of itself, none that is not 0 becomes 0, and none changes its sign.
    """

    top: int
    mantissa: int

    def values(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Values of integer levels, same shape; levels below the least float are worth 0."""
        magnitude = np.abs(levels.astype(np.int64))
        words = np.where(magnitude > 0, np.maximum(self.top + 1 - magnitude, 0), 0)
        floats = (words << (MANTISSA - self.mantissa)).astype(np.uint32).view(np.float32)
        return np.sign(levels) * floats.astype(np.float64)


Map = LevelMap | RelativeMap


@dataclass(frozen=True)
class Tail:
    """Where a cut description changes: the tensor `name` has the map `map` from row `row` of its first axis on."""

    name: str
    row: int
    map: LevelMap


@dataclass(frozen=True)
class Quantized:
    """A whole model as integers.

    levels: every tensor of the model, int32 (integer buffers as they are, `map` None). maps: per tensor.
    dtypes: the numpy dtype each tensor had, or `bfloat16`. passes: for an embedded description the number of passes P;
    bit P-1-p of a magnitude is the hit of pass p. `embedded` names the tensors described in passes. tail: in a model
    that was cut in the middle of a pass, the tensor where that is.
    """

    levels: dict[str, NDArray[Any]]
    maps: dict[str, Map | None]
    dtypes: dict[str, str]
    quantizer: str
    passes: int = 0
    embedded: tuple[str, ...] = ()
    tail: Tail | None = None

    def state(self) -> State:
        """The values: a state with the original dtypes and shapes. Inverse of a quantizer, up to distortion.

        numpy has no bfloat16: such tensors are float32 arrays of bfloat16 values.
        """
        result: State = {}
        for name, level in self.levels.items():
            level_map = self.maps[name]
            values = level if level_map is None else level_map.values(level)
            if self.tail and name == self.tail.name:
                values[self.tail.row :] = self.tail.map.values(level[self.tail.row :])
            result[name] = as_dtype(values, self.dtypes[name])
        return result

    @property
    def elements(self) -> int:
        return sum(level.size for level in self.levels.values())

    @property
    def floats(self) -> int:
        """Elements of the floating-point tensors."""
        return sum(level.size for name, level in self.levels.items() if self.maps[name] is not None)


def as_dtype(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """`values` in a numpy dtype, or rounded to bfloat16 (to the nearest, ties to even) and held as float32."""
    if dtype != "bfloat16":
        return values.astype(np.dtype(dtype))
    bits = values.astype(np.float32).view(np.uint32)
    rounded = bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)


def write_levels(path: Path, quantized: Quantized | Kept) -> None:
    """Write `levels.safetensors`; maps, dtypes and passes stand in its metadata (`surp.kind` is `levels` or `kept`)."""
    header: dict[str, Any]
    if isinstance(quantized, Kept):
        names = _names_of_scales(quantized)
        header = {"dtypes": quantized.dtypes, "quantizer": quantized.quantizer, "scales": names}
        scales = {names[name]: scale for name, scale in quantized.scales.items()}
        write_state(path, quantized.tensors | scales, {"surp.kind": "kept", "surp.levels": json.dumps(header)})
        return
    header = {
        "maps": {name: asdict(m) if m else None for name, m in quantized.maps.items()},
        "dtypes": quantized.dtypes,
        "quantizer": quantized.quantizer,
        "passes": quantized.passes,
        "embedded": quantized.embedded,
        "tail": asdict(quantized.tail) if quantized.tail else None,
    }
    write_state(path, quantized.levels, {"surp.kind": "levels", "surp.levels": json.dumps(header)})


def read_levels(path: Path) -> Quantized | Kept:
    """Inverse of `write_levels`."""
    state, metadata = read_state(path)
    if metadata.get("surp.kind") not in KINDS:
        raise WeightsError(f"{path}: holds no levels (its metadata has no surp.kind = levels or kept)")
    header: Mapping[str, Any] = json.loads(metadata["surp.levels"])
    if metadata["surp.kind"] == "kept":
        scales = {name: state.pop(scale) for name, scale in header["scales"].items()}
        return Kept(state, dict(header["dtypes"]), header["quantizer"], scales)
    tail = header.get("tail")
    return Quantized(
        levels=state,
        maps={name: _map(m) for name, m in header["maps"].items()},
        dtypes=dict(header["dtypes"]),
        quantizer=header["quantizer"],
        passes=header["passes"],
        embedded=tuple(header["embedded"]),
        tail=Tail(tail["name"], tail["row"], LevelMap(**{**tail["map"], "offsets": tuple(tail["map"]["offsets"])}))
        if tail
        else None,
    )


def _map(fields: Mapping[str, Any] | None) -> Map | None:
    if fields is None:
        return None
    if "top" in fields:
        return RelativeMap(fields["top"], fields["mantissa"])
    return LevelMap(fields["step"], fields["ratio"], tuple(fields["offsets"]))


def _names_of_scales(kept: Kept) -> dict[str, str]:
    """What the scales of each tensor are called in a file of tensors: any name that is free."""
    return {
        name: next(free for n in count() if (free := f"{name}@scale{n or ''}") not in kept.tensors)
        for name in kept.scales
    }
