"""How each array is stored, in the header: its kind of map, its maps, and the bits of floats without one."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite

from surp.codec.frame import wire
from surp.codec.frame.header import Array, FloatBits
from surp.codec.frame.header_code import Reader, Writer
from surp.tensors.dtypes import FLOATS, is_float
from surp.tensors.maps import HALF, MANTISSA, LevelMap, Map, RelativeMap
from surp.tensors.state import is_matrix
from surp.tensors.trellis import NEXT

_INFINITE = 255
"""Exponent field of an infinite float32."""
_UNSET = LevelMap(1.0)
"""A map of steps that is still to be read, and one of relative precision."""
_UNSET_RELATIVE = RelativeMap(0, 0)


def flags_of(arrays: Sequence[Array], passes: int) -> int:
    """The flags that tell how all of the arrays are stored, or that each one says so itself."""
    if _all_as_usual(arrays, passes):
        return wire.USUAL
    return wire.EXACT * _all_as_they_are(arrays)


def _all_as_usual(arrays: Sequence[Array], passes: int) -> bool:
    """Whether every array is stored as the rule says: floats have a map, their matrices one of steps, in passes if
    there are any; integers have none, and levels are int32."""
    return all(
        isinstance(array.map, LevelMap) == (is_float(array.dtype) and is_matrix(array.shape))
        and (array.map is not None) == is_float(array.dtype)
        and array.embedded == (passes > 0 and isinstance(array.map, LevelMap))
        and array.level_type == "int32"
        for array in arrays
    )


def _all_as_they_are(arrays: Sequence[Array]) -> bool:
    """Whether every array is stored without a map, integers as levels of their own type."""
    return all(array.map is None and array.level_type in ("int16" if array.bits else array.dtype,) for array in arrays)


def write_contents(out: Writer, arrays: Sequence[Array]) -> None:
    """Of each array, where no flag of the file tells it."""
    for array in arrays:
        content = wire.AS_IT_IS if array.map is None else wire.STEPS
        content = wire.RELATIVE if isinstance(array.map, RelativeMap) else content
        own_type = array.level_type != "int32" and array.bits is None
        out.number("content", content + wire.EMBEDDED * array.embedded + wire.OWN_LEVEL_TYPE * own_type)
        if own_type:
            out.number("level dtype", wire.DTYPES[array.level_type])


def read_contents(reader: Reader, arrays: Sequence[Array], flags: int, passes: int) -> list[Array]:
    """Inverse of `flags_of` and `write_contents`: maps and bits are there, but have no numbers yet."""
    if flags & wire.USUAL:
        return [_as_usual(array, passes) for array in arrays]
    if flags & wire.EXACT:
        return [_stored(reader, array, wire.AS_IT_IS, array.dtype) for array in arrays]
    return [_read_content(reader, array) for array in arrays]


def _as_usual(array: Array, passes: int) -> Array:
    """The inverse of `_all_as_usual`."""
    if not is_float(array.dtype):
        return replace(array, level_type="int32")
    matrix = is_matrix(array.shape)
    level_map = _UNSET if matrix else _UNSET_RELATIVE
    return replace(array, level_type="int32", map=level_map, embedded=matrix and passes > 0)


def _read_content(reader: Reader, array: Array) -> Array:
    content = reader.number("content")
    kind, steps = content & 3, content & 3 == wire.STEPS
    if kind > wire.RELATIVE or content >> 4 or (content & wire.EMBEDDED and not steps):
        raise reader.fail(f"an array stored in the way {content}, which is none")
    own = content & wire.OWN_LEVEL_TYPE
    level_type = reader.integer_type() if own else "int32"
    if own and kind == wire.AS_IT_IS and is_float(array.dtype):
        raise reader.fail("floats as they are, with levels of a type of their own")
    return replace(_stored(reader, array, kind, level_type), embedded=bool(content & wire.EMBEDDED))


def _stored(reader: Reader, array: Array, kind: int, level_type: str) -> Array:
    if kind == wire.AS_IT_IS and is_float(array.dtype):
        return replace(array, level_type="int16", bits=FloatBits(0, 0, False))
    maps: dict[int, Map | None] = {wire.AS_IT_IS: None, wire.STEPS: _UNSET, wire.RELATIVE: _UNSET_RELATIVE}
    return replace(array, level_type=level_type, map=maps[kind])


def write_bits(out: Writer, arrays: Sequence[Array]) -> None:
    """What is common to the floats of each array that is stored as it is."""
    for bits in (array.bits for array in arrays if array.bits):
        out.number("signed zeros", int(bits.signed_zeros))
        out.number("exponent", bits.exponent)
        out.number("mantissa bits", bits.mantissa)


def read_bits(reader: Reader, arrays: Sequence[Array]) -> list[Array]:
    """Inverse of `write_bits`. Raises `CorruptFileError`."""
    return [replace(array, bits=_read_bits(reader, array.dtype)) if array.bits else array for array in arrays]


def _read_bits(reader: Reader, dtype: str) -> FloatBits:
    exponents, mantissa = FLOATS[dtype]
    signed = reader.number("signed zeros")
    exponent, bits = reader.number("exponent"), reader.number("mantissa bits")
    if signed > 1 or exponent >> exponents or bits > mantissa:
        raise reader.fail(f"signed zeros {signed}, exponent {exponent} and {bits} bits of mantissa for {dtype}")
    return FloatBits(exponent, bits, bool(signed))


def steps_are_narrow(maps: Sequence[Map]) -> bool:
    """Whether the upper 16 bits of each float32 step are all of it."""
    return not any(_step_bits(own.step) & 0xFFFF for own in maps if isinstance(own, LevelMap))


def write_maps(out: Writer, maps: Sequence[Map], narrow: bool) -> None:
    """Steps, offsets and top words as differences from the map of this kind before: neighbours are alike."""
    before = top_before = 0
    offsets_before: tuple[int, ...] = (0,)
    for level_map in maps:
        if isinstance(level_map, RelativeMap):
            out.number("mantissa", level_map.mantissa)
            out.signed("top", level_map.top - top_before)
            top_before = level_map.top
            continue
        states = level_map.states
        out.number("ratio", wire.TRELLIS + states.bit_length() - 1 if states else level_map.ratio)
        out.number("offsets", len(level_map.offsets))
        for index, offset in enumerate(level_map.offsets):
            out.signed(("offset", min(index, 3)), offset - offsets_before[min(index, len(offsets_before) - 1)])
        offsets_before = level_map.offsets or offsets_before
        bits = _step_bits(level_map.step) >> 16 * narrow
        out.signed("step", bits - before)
        before = bits


def read_maps(reader: Reader, kinds: Sequence[Map], narrow: bool) -> Iterator[Map]:
    """Inverse of `write_maps`. kinds: a map of the same kind as each. Raises `CorruptFileError` for impossible ones."""
    before = top = 0
    offsets_before: tuple[int, ...] = (0,)
    for kind in kinds:
        if isinstance(kind, RelativeMap):
            mantissa = reader.number("mantissa")
            top += reader.signed("top")
            yield _relative(reader, top, mantissa)
            continue
        ratio, states = _read_ratio(reader)
        offsets: list[int] = []
        for index in range(reader.number("offsets")):
            reference = offsets_before[min(index, len(offsets_before) - 1)]
            offsets.append(reference + reader.signed(("offset", min(index, 3))))
            if abs(offsets[-1]) >= wire.MOST_OFFSET:
                raise reader.fail(f"an offset of {offsets[-1]}; allowed: below {wire.MOST_OFFSET} in magnitude")
        offsets_before = tuple(offsets) or offsets_before
        before += reader.signed("step")
        yield LevelMap(_step(reader, before << 16 * narrow), ratio, tuple(offsets), states)


def _read_ratio(reader: Reader) -> tuple[int, int]:
    """Threshold ratio, and the states of a trellis."""
    ratio = reader.number("ratio")
    states = 1 << min(ratio - wire.TRELLIS, 8) if ratio > wire.TRELLIS else 0
    if not 1 <= ratio <= 255 and states not in NEXT:
        raise reader.fail(f"a threshold ratio of {ratio}; allowed: 1 to 255, and those of a trellis")
    return (HALF, states) if states else (ratio, 0)


def _relative(reader: Reader, top: int, mantissa: int) -> RelativeMap:
    if mantissa > MANTISSA or not 0 <= top < _INFINITE << mantissa:
        raise reader.fail(f"floats up to the word {top} with {mantissa} bits of mantissa, which are none")
    return RelativeMap(top, mantissa)


def _step_bits(step: float) -> int:
    return int.from_bytes(struct.pack("<f", step), "little")


def _step(reader: Reader, bits: int) -> float:
    if not 0 <= bits < 1 << 32:
        raise reader.fail("a step that is no 32-bit float")
    step = float(struct.unpack("<f", bits.to_bytes(4, "little"))[0])
    if not isfinite(step):
        raise reader.fail("a step that is not finite")
    return step
