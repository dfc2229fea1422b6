"""What an encoder accepts: each mistake is answered with the tensor, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.floats import float_bits
from surp.codec.frame import wire
from surp.codec.frame.header import Array, Header, TensorEntry
from surp.errors import ParameterError
from surp.tensors.dtypes import dtype_of, is_float
from surp.tensors.forms import rule, state_digest
from surp.tensors.levels import Quantized
from surp.tensors.maps import HALF, MANTISSA, LevelMap, Map, RelativeMap, Tail
from surp.tensors.trellis import NEXT


def header_of_levels(levels: Mapping[str, NDArray[Any]]) -> Header:
    """Of plain integers, by name. Raises `ParameterError` for other dtypes and for bad names."""
    arrays = []
    for name in sorted(levels):
        _check_name(name)
        dtype = _integer_type(name, levels[name])
        arrays.append(Array(name, tuple(levels[name].shape), dtype, dtype))
    return Header("levels", "", "", tuple(TensorEntry(a.name, a.shape, a.dtype) for a in arrays), tuple(arrays))


def header_of_model(model: Quantized, base: Mapping[str, NDArray[Any]] | None) -> Header:
    """Of a model. Raises `ParameterError` where its parts do not fit together."""
    names = set(model.levels)
    for what, keys in (("maps", model.maps), ("dtypes", model.dtypes)):
        if set(keys) != names:
            raise ParameterError(f"{what}: names differ from those of levels: {sorted(names ^ set(keys))}")
    if not set(model.embedded) <= names:
        raise ParameterError(f"embedded: unknown tensors {sorted(set(model.embedded) - names)}")
    least = 1 if model.embedded else 0
    if not least <= model.passes <= wire.MOST_PASSES:
        raise ParameterError(f"passes: {model.passes}; allowed: {least} to {wire.MOST_PASSES}")
    components = _components(model)
    own = [_array(model, name) for name in sorted(names - set(components))]
    tensors = [TensorEntry(array.name, array.shape, array.dtype) for array in own]
    tensors += [TensorEntry(name, form.shape, form.dtype) for name, form in model.forms.items()]
    header = Header(
        *("model", "", "", tuple(sorted(tensors)), (*own, *(_array(model, name) for name in components))),
        forms=dict(model.forms),
        quantizer=model.quantizer,
        passes=model.passes,
        tail=model.tail,
    )
    if model.tail:
        _check_tail(model.tail, header)
    header = replace(header, base=_check_base(model, base))
    _check_forms(model, base)
    return header


def _components(model: Quantized) -> list[str]:
    """Components in the order of their mention by the tensors' forms, in the order of the names."""
    found: dict[str, None] = {}
    for name in sorted(model.forms):
        _check_name(name)
        form = model.forms[name]
        if missing := sorted({*form.components} - model.levels.keys()):
            raise ParameterError(f"tensor {name!r}: its components {missing} are not there")
        if form.dtype not in wire.DTYPES:
            raise ParameterError(f"tensor {name!r}: dtype {form.dtype}; allowed: {', '.join(wire.DTYPES)}")
        rule(form.rule)
        found |= dict.fromkeys(form.components)
    if doubled := sorted((model.levels.keys() - found.keys()) & model.forms.keys()):
        raise ParameterError(f"tensors {doubled} are arrays and have forms besides")
    return list(found)


def _check_forms(model: Quantized, base: Mapping[str, NDArray[Any]] | None) -> None:
    """Rebuild each tensor once: no file is written that a decoder would refuse."""
    for name, form in model.forms.items():
        components = {component: model.levels[component] for component in form.components}
        try:
            replace(model, levels=components, forms={name: form}).state(base)
        except ValueError as error:
            raise ParameterError(f"tensor {name!r}: {error}") from None


def _check_base(model: Quantized, base: Mapping[str, NDArray[Any]] | None) -> bytes:
    """SHA-256 of the base, if some tensor is told against one."""
    told = sorted(name for name, form in model.forms.items() if rule(form.rule).BASE)
    if not told:
        return b""
    if base is None or any(name not in base for name in told):
        raise ParameterError(
            f"tensor {told[0]!r} is told as a difference; a base model that has all of {told} is needed"
        )
    return state_digest(dict(base))


def _check_tail(tail: Tail, header: Header) -> None:
    rows = {array.name: array.rows for array in header.embedded if array.size}
    if not 0 < tail.row < rows.get(tail.name, 0):
        raise ParameterError(
            f"tail: row {tail.row} of {tail.name!r}; allowed: a row but the first of a tensor in passes"
        )
    _check_map(tail.name, tail.map, embedded=True)


def _array(model: Quantized, name: str) -> Array:
    _check_name(name)
    values, level_map, dtype = model.levels[name], model.maps[name], model.dtypes[name]
    if dtype not in wire.DTYPES:
        try:
            dtype = dtype_of(dtype).newbyteorder("=").name
        except TypeError:
            dtype = str(dtype)
    if dtype not in wire.DTYPES:
        raise ParameterError(f"tensor {name!r}: dtype {dtype}; allowed: {', '.join(wire.DTYPES)}")
    if level_map is None and is_float(dtype):
        return _as_it_is(name, values, dtype, name in model.embedded)
    embedded = name in model.embedded
    if level_map is not None:
        _check_map(name, level_map, embedded)
    if embedded:
        _check_embedded(name, values, level_map, model.passes)
    return Array(name, tuple(values.shape), dtype, _integer_type(name, values), level_map, embedded)


def _as_it_is(name: str, values: NDArray[Any], dtype: str, embedded: bool) -> Array:
    own = values.dtype.newbyteorder("=").name
    if own != dtype:
        raise ParameterError(f"tensor {name!r}: an array of {own} without a map, said to be {dtype}")
    if embedded:
        raise ParameterError(f"tensor {name!r}: embedded, but without a map of steps from level to value")
    return Array(name, tuple(values.shape), dtype, "int16", bits=float_bits(values, dtype))


def _check_embedded(name: str, levels: NDArray[Any], level_map: Map | None, passes: int) -> None:
    if not isinstance(level_map, LevelMap):
        raise ParameterError(f"tensor {name!r}: embedded, but without a map of steps from level to value")
    largest = max(int(levels.max(initial=0)), -int(levels.min(initial=0)))
    if largest >> passes:
        raise ParameterError(f"tensor {name!r}: level {largest}; {passes} passes allow magnitudes below {1 << passes}")


def _check_map(name: str, level_map: Map, embedded: bool) -> None:
    if isinstance(level_map, RelativeMap):
        if not 0 <= level_map.mantissa <= MANTISSA or not 0 <= level_map.top < 255 << level_map.mantissa:
            raise ParameterError(f"tensor {name!r}: {level_map}; allowed: the word of a finite float32")
        return
    with np.errstate(over="ignore"):
        if not np.isfinite(level_map.step) or float(np.float32(level_map.step)) != level_map.step:
            raise ParameterError(f"tensor {name!r}: step {level_map.step}; allowed: finite float32 values")
    if not 1 <= level_map.ratio <= 255:
        raise ParameterError(f"tensor {name!r}: ratio {level_map.ratio}; allowed: 1 to 255 (256ths)")
    if any(abs(offset) >= wire.MOST_OFFSET for offset in level_map.offsets):
        raise ParameterError(f"tensor {name!r}: an offset of 2^31 / 256 steps or more; allowed: less")
    if level_map.states and (level_map.states not in NEXT or level_map.ratio != HALF or embedded):
        raise ParameterError(
            f"tensor {name!r}: a trellis of {level_map.states} states and ratio {level_map.ratio}"
            f"{', in passes' * embedded}; allowed: {' or '.join(map(str, NEXT))} states, ratio {HALF}, no passes"
        )


def _check_name(name: str) -> None:
    """Raise `ParameterError` for a name that no header can hold."""
    if "\0" in name:
        raise ParameterError(f"tensor {name!r}: a name with a zero byte; allowed: any other UTF-8 text")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ParameterError(f"tensor {name!r}: a name that UTF-8 cannot express") from None


def _integer_type(name: str, levels: NDArray[Any]) -> str:
    dtype = levels.dtype.newbyteorder("=").name
    if levels.dtype.kind not in "iub" or dtype not in wire.DTYPES:
        raise ParameterError(f"tensor {name!r}: levels of dtype {levels.dtype}; allowed: integers and bool")
    return dtype
