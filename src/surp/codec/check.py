"""What an encoder accepts: each mistake is answered with the tensor, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.frame import wire
from surp.codec.frame.header import Tensor
from surp.errors import ParameterError
from surp.tensors.kept import Kept
from surp.tensors.levels import MANTISSA, LevelMap, Map, Quantized, RelativeMap, Tail


def tensors_of_levels(levels: Mapping[str, NDArray[Any]]) -> tuple[Tensor, ...]:
    """Header entries of plain integers, by name. Raises `ParameterError` for other dtypes and for bad names."""
    result = []
    for name in sorted(levels):
        check_name(name)
        dtype = _integer_type(name, levels[name])
        result.append(Tensor(name, tuple(levels[name].shape), dtype, dtype))
    return tuple(result)


def tensors_of_model(quantized: Quantized) -> tuple[Tensor, ...]:
    """Header entries of a model, by name. Raises `ParameterError` where its parts do not fit together."""
    names = set(quantized.levels)
    for what, keys in (("maps", quantized.maps), ("dtypes", quantized.dtypes)):
        if set(keys) != names:
            raise ParameterError(f"{what}: names differ from those of levels: {sorted(names ^ set(keys))}")
    if not set(quantized.embedded) <= names:
        raise ParameterError(f"embedded: unknown tensors {sorted(set(quantized.embedded) - names)}")
    least = 1 if quantized.embedded else 0
    if not least <= quantized.passes <= wire.MOST_PASSES:
        raise ParameterError(f"passes: {quantized.passes}; allowed: {least} to {wire.MOST_PASSES}")
    tensors = tuple(_tensor(quantized, name) for name in sorted(names))
    if quantized.tail:
        _check_tail(quantized.tail, tensors)
    return tensors


def _check_tail(tail: Tail, tensors: tuple[Tensor, ...]) -> None:
    rows = {tensor.name: tensor.rows for tensor in tensors if tensor.embedded and tensor.size}
    if not 0 < tail.row < rows.get(tail.name, 0):
        raise ParameterError(
            f"tail: row {tail.row} of {tail.name!r}; allowed: a row but the first of a tensor in passes"
        )
    _check_map(tail.name, tail.map)


def _tensor(quantized: Quantized, name: str) -> Tensor:
    check_name(name)
    levels, level_map = quantized.levels[name], quantized.maps[name]
    dtype = quantized.dtypes[name]
    if dtype not in wire.DTYPES:
        dtype = np.dtype(dtype).newbyteorder("=").name
    if dtype not in wire.DTYPES:
        raise ParameterError(f"tensor {name!r}: dtype {dtype}; allowed: {', '.join(wire.DTYPES)}")
    if level_map is not None:
        _check_map(name, level_map)
    embedded = name in quantized.embedded
    if embedded:
        if not isinstance(level_map, LevelMap):
            raise ParameterError(f"tensor {name!r}: embedded, but without a map of steps from level to value")
        largest = max(int(levels.max(initial=0)), -int(levels.min(initial=0)))
        if largest >> quantized.passes:
            raise ParameterError(
                f"tensor {name!r}: level {largest}; {quantized.passes} passes allow magnitudes "
                f"below {1 << quantized.passes}"
            )
    return Tensor(name, tuple(levels.shape), dtype, _integer_type(name, levels), level_map, embedded)


def _check_map(name: str, level_map: Map) -> None:
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


def check_exact(name: str, kept: Kept) -> None:
    """Raise `ParameterError` for a tensor that an exact file would not give back bit for bit."""
    check_name(name)
    value, dtype = kept.tensors[name], kept.dtypes[name]
    if dtype not in wire.DTYPES:
        raise ParameterError(f"tensor {name!r}: dtype {dtype}; allowed: {', '.join(wire.DTYPES)}")
    if value.dtype.name != ("float32" if dtype == "bfloat16" else dtype):
        raise ParameterError(f"tensor {name!r}: an array of {value.dtype}, said to be {dtype}")
    if dtype == "bfloat16" and (np.ascontiguousarray(value).view(np.uint32) & 0xFFFF).any():
        raise ParameterError(f"tensor {name!r}: said to be bfloat16, but has float32 values that bfloat16 cannot hold")
    scales = kept.scales.get(name)
    if scales is not None and (dtype != "int8" or not value.ndim or scales.dtype != np.float32):
        raise ParameterError(f"tensor {name!r}: {dtype} with scales of {scales.dtype}; allowed: int8 and float32")
    if scales is not None and scales.shape != value.shape[:1]:
        raise ParameterError(f"tensor {name!r}: scales of shape {scales.shape}; allowed: {value.shape[:1]}")


def check_name(name: str) -> None:
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
