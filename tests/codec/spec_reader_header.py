"""The header of a `.surp` file, read by docs/format.md alone: its code, and its fields."""

from __future__ import annotations

import ast
import json
import struct
from dataclasses import dataclass, field
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

CODEC = Path(__file__).parents[2] / "src" / "surp" / "codec"
PRESETS = ("default", "fast", "max")
DTYPES = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
DTYPES += ("float16", "float32", "float64", "bfloat16")
DTYPES += ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
LEVELS, MODEL = range(2)
USUAL, AS_THEY_ARE, NARROW, CUT, TAIL, FORMS, WHOLE = (1 << place for place in range(7))
RULES = ("", "scaled_rows", "removed_units", "difference", "shared")
BASE = 1
"""The only field that is known."""


def table(file: str, *wanted: str, **known: Any) -> dict[str, Any]:
    """Constants of one of the tables that the document names, from the file's text."""
    for node in ast.parse((CODEC / file).read_text()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and (not wanted or target.id in wanted):
                known[target.id] = _value(node.value, known)
    return known


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """A constant expression: literals, names seen before, sums and products. Nothing is executed."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return known[node.id]
        case ast.Tuple():
            parts = [_value(e.value, known) if isinstance(e, ast.Starred) else (_value(e, known),) for e in node.elts]
            return tuple(item for part in parts for item in part)
        case ast.Dict():
            return {_value(k, known): _value(v, known) for k, v in zip(node.keys, node.values, strict=True) if k}
        case ast.BinOp(op=ast.Add()):
            return _value(node.left, known) + _value(node.right, known)
        case ast.BinOp(op=ast.Mult()):
            return _value(node.left, known) * _value(node.right, known)
    raise ValueError(f"not a constant expression: {ast.unparse(node)}")


@dataclass
class Map:
    """step, ratio and offsets of an array's values, and the states of its trellis."""

    step: float
    ratio: int
    offsets: list[int]
    states: int = 0


@dataclass
class Relative:
    """The word of level 1, and bits of mantissa."""

    top: int
    mantissa: int


@dataclass
class Array:
    """What is stored. content: 0 as it is, 1 with steps, 2 relative. exact: exponent and bits of mantissa."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    level: str = ""
    content: int = 0
    passes: bool = False
    map: Map | Relative | None = None
    exact: tuple[int, int] | None = None
    signed_zeros: bool = False

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def floating(self) -> bool:
        return "float" in self.dtype

    @property
    def kind(self) -> int:
        own = self.level == self.dtype or self.exact is not None
        return int(len(self.shape) > 1 and (self.content == 1 or own))


@dataclass
class Tensor:
    """What is given back. components: names of arrays."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    rule: str = ""
    parameters: list[int] = field(default_factory=list)
    components: list[str] = field(default_factory=list)


@dataclass
class Header:
    """All fields. tail: index among the arrays in passes, row, map. code: what is left, the lengths of the pieces."""

    kind: int = 0
    preset: str = ""
    tensors: list[Tensor] = field(default_factory=list)
    arrays: list[Array] = field(default_factory=list)
    quantizer: int | str = 0
    passes: int = 0
    cut: int = 0
    tail: tuple[int, int, Map] | None = None
    points: list[tuple[int, int]] = field(default_factory=list)
    base: bytes = b""
    code: Any = None

    @property
    def in_passes(self) -> list[Array]:
        return [array for array in self.arrays if array.passes]


def moved(estimate: tuple[int, int], bit: int) -> tuple[int, int]:
    """An estimate after a decision."""
    chance, seen = estimate
    return chance + ((bit * 65536 - chance) * (131072 // (2 * seen + 3)) >> 16), min(seen + 1, 60)


def of_byte(before: bytes, bits: int) -> list[Any]:
    """Contexts of a digit of a name's byte: the bits so far, alone and with the 1 to 5 bytes before it."""
    return [("text", bits), *(("text", before[max(len(before) - k, 0) :], bits) for k in range(1, 6))]


@cache
def dictionary() -> dict[Any, tuple[int, int]]:
    """The estimates of bytes after all words of the dictionary."""
    estimates: dict[Any, tuple[int, int]] = {}
    for word in table("frame/wire.py", "DICTIONARY")["DICTIONARY"].encode().split():
        for place, byte in enumerate(word + b"\0"):
            for shift in reversed(range(8)):
                for context in of_byte(word[:place], (256 | byte) >> (shift + 1)):
                    estimates[context] = moved(estimates.get(context, (32768, 0)), byte >> shift & 1)
    return estimates


class Code:
    """The code of numbers and names."""

    def __init__(self, data: bytes) -> None:
        self.low, self.high, self.place = 0, 2**32 - 1, 4
        self.data, self.value = data, int.from_bytes(data[:4].ljust(4, b"\0"), "big")
        self.estimates = dict(dictionary())
        self.last: dict[str, int] = {}
        self.before = b""

    def decision(self, *contexts: Any) -> int:
        estimates = [self.estimates.get(context, (32768, 0)) for context in contexts]
        weights = [seen << (3 * k + 2) for k, (_, seen) in enumerate(estimates)]
        above = 32768 + sum(weight * chance for weight, (chance, _) in zip(weights, estimates, strict=True))
        bit = self.bit(min(max(above // (1 + sum(weights)), 48), 65488))
        for context in contexts:
            self.estimates[context] = moved(self.estimates.get(context, (32768, 0)), bit)
        return bit

    def bit(self, chance: int) -> int:
        middle = self.low + ((self.high - self.low) * chance >> 16)
        bit = int(self.value <= middle)
        self.low, self.high = (self.low, middle) if bit else (middle + 1, self.high)
        while self.low >> 24 == self.high >> 24:
            byte = self.data[self.place] if self.place < len(self.data) else 0
            self.place += 1
            self.low, self.high = self.low << 8 & 0xFFFFFFFF, (self.high << 8 & 0xFFFFFFFF) + 255
            self.value = (self.value << 8 & 0xFFFFFFFF) + byte
        return bit

    def digits(self, column: str, length: int) -> int:
        value = 1
        for place in range(length):
            value = 2 * value + self.decision(*[(column, length, value)] * (place < 3))
        return value - 1

    def number(self, column: str) -> int:
        if column not in self.last or not self.decision((column, "same")):
            length = 0
            while length < 62 and self.decision((column, "length", length)):
                length += 1
            self.last[column] = self.digits(column, length)
        return self.last[column]

    def wide(self, column: str) -> int:
        length = 1
        for _ in range(6):
            length = 2 * length + self.decision((column, "length", length))
        return self.digits(column, length - 64)

    def signed(self, column: str) -> int:
        value = self.wide(column)
        return -(value + 1 >> 1) if value & 1 else value >> 1

    def text(self) -> str:
        name = self.before[: self.number("shared")]
        while True:
            byte = 1
            while byte < 256:
                byte = 2 * byte + self.decision(*of_byte(name, byte))
            if byte == 256:
                self.before = name
                return name.decode()
            name += bytes([byte - 256])


def read_header(data: bytes) -> Header:
    """All fields but the lengths, in their order."""
    code = Code(data)
    header = Header(kind=code.number("kind"), code=code)
    assert code.number("coder") == 0
    header.preset = PRESETS[code.number("preset")]
    flags = code.number("flags")
    assert flags < WHOLE
    header.tensors = read_tensors(code)
    components = read_forms(code, header.tensors) if flags & FORMS else []
    header.arrays = [Array(t.name, t.dtype, t.shape, t.dtype) for t in header.tensors if not t.rule] + components
    if header.kind == MODEL:
        read_model(code, header, flags)
    read_fields(code, header)
    return header


def read_lengths(header: Header, pieces: int) -> list[int]:
    """What ends the header: bytes of so many pieces, and of the padding."""
    code = header.code
    lengths = [code.wide("length") for _ in range(pieces)]
    padding = code.number("padding")
    assert not any(code.data[code.place :])
    return [*lengths, padding] if padding else lengths


def read_tensors(code: Code) -> list[Tensor]:
    """Name, dtype and shape of each, from the file or a layout."""
    layout = code.number("layout")
    if layout:
        (path,) = CODEC.glob(f"frame/layout_files/{layout}-*.json")
        return [Tensor(name, dtype, tuple(shape)) for name, dtype, shape in json.loads(path.read_text())]
    return [Tensor(code.text(), *read_shape(code)) for _ in range(code.wide("tensors"))]


def read_shape(code: Code) -> tuple[str, tuple[int, ...]]:
    dtype, rank = DTYPES[code.number("dtype")], code.number("rank")
    return dtype, tuple(code.number(f"extent {axis}") for axis in range(rank))


def read_forms(code: Code, tensors: list[Tensor]) -> list[Array]:
    """The rule of each tensor, and the new arrays."""
    arrays: list[Array] = []
    for tensor in tensors:
        number = code.number("rule")
        tensor.rule = code.text() if number == 5 else RULES[number]
        if not tensor.rule:
            continue
        tensor.parameters = [code.signed(f"parameter {index}") for index in range(code.number("parameters"))]
        for _ in range(code.number("components")):
            number = code.number("component")
            if not number:
                dtype, shape = read_shape(code)
                arrays.append(Array(f"component {len(arrays)}", dtype, shape, dtype))
            tensor.components.append(arrays[number - 1].name)
    return arrays


def read_model(code: Code, header: Header, flags: int) -> None:
    """What models have in addition."""
    number = code.number("quantizer")
    header.quantizer = code.text() if number == 3 else number
    header.passes = code.number("passes")
    for array in header.arrays:
        read_content(code, array, flags, header.passes)
    header.cut = code.wide("cut") if flags & CUT else 0
    tail = (code.wide("tail tensor"), code.wide("tail row")) if flags & TAIL else None
    mapped = [array for array in header.arrays if array.content]
    relative = [array.content == 2 for array in mapped] + [False] * (tail is not None)
    maps = read_maps(code, relative, narrow=bool(flags & NARROW))
    for array, level_map in zip(mapped, maps, strict=False):
        array.map = level_map
    header.tail = (*tail, maps[-1]) if tail else None
    for array in header.arrays:
        if array.floating and not array.content:
            array.signed_zeros = code.number("signed zeros") == 1
            array.exact = code.number("exponent"), code.number("mantissa bits")
    count = header.passes - 1 if header.in_passes else 0
    header.points = [(code.signed("point 0"), code.signed("point 1")) for _ in range(count)]


def read_content(code: Code, array: Array, flags: int, passes: int) -> None:
    """How an array is stored."""
    matrix = sum(extent > 1 for extent in array.shape) > 1
    if flags & AS_THEY_ARE:
        content = 0
    elif flags & USUAL:
        content = array.floating * (1 + 4 * (passes > 0) if matrix else 2)
        array.level = "int32"
    else:
        content = code.number("content")
        array.level = DTYPES[code.number("level dtype")] if content & 8 else "int32"
    array.content, array.passes = content & 3, bool(content & 4)
    if array.floating and not array.content:
        array.level = "int16"


def read_fields(code: Code, header: Header) -> None:
    """Fields of even numbers may be passed over; of the odd ones one is known."""
    for _ in range(code.number("fields")):
        number = code.number("field")
        values = [code.wide(f"field {number}") for _ in range(code.number("values"))]
        if number == BASE:
            header.base = bytes(values)
        assert number == BASE or number % 2 == 0, f"field {number} is not known"


def read_maps(code: Code, relative: list[bool], narrow: bool) -> list[Any]:
    """mantissa and top, or ratio, offsets and step of each map."""
    result, before, bits, top = [], [0], 0, 0
    for own in relative:
        if own:
            mantissa = code.number("mantissa")
            top += code.signed("top")
            result.append(Relative(top, mantissa))
            continue
        ratio, offsets = code.number("ratio"), []
        states = 1 << ratio - 256 if ratio > 256 else 0
        for index in range(code.number("offsets")):
            offsets.append(before[min(index, len(before) - 1)] + code.signed(f"offset {min(index, 3)}"))
        before = offsets or before
        bits += code.signed("step")
        (step,) = struct.unpack("<f", struct.pack("<I", bits << 16 if narrow else bits))
        result.append(Map(step, 128 if states else ratio, offsets, states))
    return result
