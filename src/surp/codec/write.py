"""Whole files of levels and of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.accept import header_of_levels, header_of_model
from surp.codec.coder import has_passes, quantizes
from surp.codec.encoder import Coding, write
from surp.codec.frame.header import Header
from surp.errors import ParameterError
from surp.tensors.dtypes import is_float
from surp.tensors.levels import Quantized
from surp.tensors.state import State


def levels_file(levels: Mapping[str, NDArray[Any]], coding: Coding) -> bytes:
    """A file of bare levels."""
    return write(_by(header_of_levels(levels), coding), levels, coding)


def model_file(model: Quantized, coding: Coding, base: Mapping[str, NDArray[Any]] | None = None) -> bytes:
    """A file of a model. Of one without levels a coder that quantizes by itself makes a file of its own, unless no
    quantizer has been named: then every bit is to come back."""
    coder, parameters = coding.parse()
    without_levels = not any(model.maps.values())
    if without_levels and model.quantizer and quantizes(coder):
        return coder.encode_floats(_floats(model, coding.coder), parameters)
    if quantizes(coder) and (unread := sorted({*coder.OF_FLOATS} & {*(coding.settings or {})})):
        what = f"{model.quantizer} levels" if model.quantizer else "an exact file"
        raise ParameterError(f"coders.{coding.coder}.{unread[0]}: is read of floats only, not of {what}")
    told = model if has_passes(coder) else without_passes(model, coding.coder)
    return write(_by(header_of_model(told, base), coding), told.levels, coding)


def without_passes(model: Quantized, coder: str) -> Quantized:
    """The same values as plain levels, for a coder that knows no passes."""
    if model.tail:
        raise ParameterError(
            f"coder {coder}: this model was cut within a pass, so tensor {model.tail.name!r} has two maps, which only "
            "a coder of passes can say; allowed: adaptive"
        )
    return replace(model, passes=0, embedded=())


def _by(header: Header, coding: Coding) -> Header:
    """The header of a file that this coder writes."""
    coder, _ = coding.parse()
    return replace(header, coder=coding.coder, preset=coding.preset, lanes=coder.LANES)


def _floats(model: Quantized, coder: str) -> State:
    """What a coder that quantizes by itself is given: weights that nothing has touched."""
    narrow = [name for name, dtype in model.dtypes.items() if is_float(dtype) and dtype != "float32"]
    if narrow or model.forms:
        raise ParameterError(
            f"coder {coder} quantizes by itself, but quantizer {model.quantizer} has narrowed these weights already; "
            "allowed: float32, or a quantizer of levels"
        )
    return {name: np.asarray(value) for name, value in model.state().items()}
