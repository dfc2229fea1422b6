"""Whole files of levels, of models, and of numbers that are kept as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.assemble import write
from surp.codec.check import check_exact, tensors_of_levels, tensors_of_model
from surp.codec.exact import Bits, Split, split
from surp.codec.frame.header import Header, Tensor, scale_key
from surp.codec.frame.wire import FLOATS
from surp.codec.interface import has_passes, parse, quantizes
from surp.codec.lanes import Work
from surp.errors import ParameterError
from surp.tensors.kept import Kept
from surp.tensors.layout import State
from surp.tensors.levels import Quantized


@dataclass(frozen=True)
class Way:
    """How a file is written: with which coder, its preset and its other parameters, and how the work is done."""

    coder: str
    preset: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    work: Work | None = None


def levels_file(levels: Mapping[str, NDArray[Any]], way: Way) -> bytes:
    parse(way.coder, way.preset, way.settings)
    header = Header("levels", way.coder, way.preset, tensors_of_levels(levels))
    return write(header, levels, work=way.work, settings=way.settings)


def model_file(model: Quantized | Kept, way: Way) -> bytes:
    """Of a model that is kept the exact file, or, where the coder quantizes by itself, a file of its own."""
    coder, parameters = parse(way.coder, way.preset, way.settings)
    if isinstance(model, Kept) and quantizes(coder):
        own: bytes = coder.encode_floats(_floats(model, way.coder), parameters)
        return own
    if unread := sorted({*getattr(coder, "OF_FLOATS", ())} & way.settings.keys()):
        raise ParameterError(f"coders.{way.coder}.{unread[0]}: is read of floats only, not of {model.quantizer} levels")
    if isinstance(model, Kept):
        return _exact(model, way)
    quantized = model if has_passes(coder) else without_passes(model, way.coder)
    tensors = tensors_of_model(quantized)
    header = Header("model", way.coder, way.preset, tensors, quantized.quantizer, quantized.passes, tail=quantized.tail)
    return write(header, quantized.levels, work=way.work, settings=way.settings)


def exact_file(state: State, dtypes: Mapping[str, str], way: Way) -> bytes:
    parse(way.coder, way.preset, way.settings)
    return _exact(Kept(state, dict(dtypes), "", {}), way)


def without_passes(model: Quantized, coder: str) -> Quantized:
    """The same values as plain levels, for a coder that knows no passes."""
    if model.tail:
        raise ParameterError(
            f"coder {coder}: this model was cut within a pass, so tensor {model.tail.name!r} has two maps, which only "
            "a coder of passes can say; allowed: adaptive"
        )
    return replace(model, passes=0, embedded=())


def _exact(kept: Kept, way: Way) -> bytes:
    tensors: list[Tensor] = []
    levels: dict[str, NDArray[Any]] = {}
    floats: list[Split] = []
    for name in sorted(kept.tensors):
        check_exact(name, kept)
        levels[name] = kept.tensors[name]
        if name in kept.scales:
            floats.append(split(scale_key(name), kept.scales[name], "float32"))
            tensors.append(Tensor(name, levels[name].shape, "float32", "int8", scales=floats[-1].tensor))
        elif kept.dtypes[name] in FLOATS:
            floats.append(split(name, kept.tensors[name], kept.dtypes[name]))
            tensors.append(floats[-1].tensor)
        else:
            tensors += tensors_of_levels({name: kept.tensors[name]})
    levels |= {part.tensor.name: part.levels for part in floats}
    signs = {part.tensor.name: part.signs for part in floats if part.tensor.signed_zeros}
    bits = Bits(b"".join(part.mantissas for part in floats), signs)
    return write(Header("exact", way.coder, way.preset, tuple(tensors)), levels, bits, way.work, way.settings)


def _floats(kept: Kept, coder: str) -> State:
    """What a coder that quantizes by itself is given: weights that nothing has touched."""
    narrow = sorted(n for n, v in kept.tensors.items() if v.dtype.kind == "f" and v.dtype != np.float32)
    if narrow or kept.scales:
        raise ParameterError(
            f"coder {coder} quantizes by itself, but quantizer {kept.quantizer} has narrowed these weights already; "
            "allowed: float32, or a quantizer of levels"
        )
    return kept.state()
