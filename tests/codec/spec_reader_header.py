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
LEVELS, MODEL, EXACT = range(3)


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
    """step, ratio and offsets of a tensor's values."""

    step: float
    ratio: int
    offsets: list[int]


@dataclass
class Relative:
    """The word of level 1, and bits of mantissa."""

    top: int
    mantissa: int


@dataclass
class Tensor:
    """What the header says of a tensor."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    level: str = ""
    mapped: bool = False
    passes: bool = False
    relative: bool = False
    map: Map | Relative | None = None
    exact: tuple[int, int] | None = None
    signed_zeros: bool = False
    scales: Tensor | None = None

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def floating(self) -> bool:
        return "float" in self.dtype


@dataclass
class Header:
    """All fields. tail: index among the tensors in passes, row, map. blocks: length of each."""

    kind: int = 0
    preset: str = ""
    tensors: list[Tensor] = field(default_factory=list)
    quantizer: int | str = 0
    passes: int = 0
    cut: int = 0
    tail: tuple[int, int, Map] | None = None
    blocks: list[int] = field(default_factory=list)
    padding: int = 0

    @property
    def stored(self) -> list[Tensor]:
        """All tensors, and the scales of those that have some."""
        return self.tensors + [tensor.scales for tensor in self.tensors if tensor.scales]

    @property
    def in_passes(self) -> list[Tensor]:
        return [tensor for tensor in self.tensors if tensor.passes]


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
    """All fields, in their order."""
    code = Code(data)
    header = Header(kind=code.number("kind"))
    assert code.number("coder") == 0
    header.preset = PRESETS[code.number("preset")]
    header.tensors = read_tensors(code)
    if header.kind == MODEL:
        read_model(code, header)
    for tensor in header.tensors:
        tensor.level = tensor.level or ("int16" if tensor.floating else tensor.dtype)
        if header.kind == EXACT and tensor.floating:
            read_form(code, tensor, "")
    exact = any(tensor.exact for tensor in header.stored) + any(tensor.signed_zeros for tensor in header.stored)
    plain = not all(tensor.passes for tensor in header.tensors)
    blocks = plain + bool(header.in_passes) * header.passes + exact
    header.blocks = [code.wide("block") for _ in range(blocks)]
    header.padding = code.number("padding")
    assert not any(data[code.place :])
    return header


def read_tensors(code: Code) -> list[Tensor]:
    """Name, dtype and shape of each, from the file or a layout."""
    layout = code.number("layout")
    if layout:
        (path,) = CODEC.glob(f"frame/layout_files/{layout}-*.json")
        return [Tensor(name, dtype, tuple(shape)) for name, dtype, shape in json.loads(path.read_text())]
    tensors = []
    for _ in range(code.wide("tensors")):
        name, dtype, rank = code.text(), DTYPES[code.number("dtype")], code.number("rank")
        tensors.append(Tensor(name, dtype, tuple(code.number(f"extent {axis}") for axis in range(rank))))
    return tensors


def read_form(code: Code, tensor: Tensor, what: str) -> None:
    """How a float of an exact file is stored. what: begins the names of the columns of scales."""
    form = code.number(f"{what}form")
    if form == 2:
        assert (tensor.dtype, what) == ("float32", "")
        assert tensor.shape
        tensor.level, tensor.scales = "int8", Tensor(tensor.name + "\0", "float32", tensor.shape[:1], "int16")
        return read_form(code, tensor.scales, "scale ")
    assert form in (0, 1)
    tensor.signed_zeros = form == 1
    tensor.exact = code.number(f"{what}exponent"), code.number(f"{what}mantissa")
    return None


def read_model(code: Code, header: Header) -> None:
    """What models have in addition."""
    number = code.number("quantizer")
    header.quantizer = code.text() if number == 3 else number
    header.passes = code.number("passes")
    flags = code.number("flags")
    for tensor in header.tensors:
        matrix = sum(extent > 1 for extent in tensor.shape) > 1
        usual = tensor.floating * (1 + 2 * (header.passes > 0) if matrix else 9)
        tensor_flags = usual if flags & 1 else code.number("tensor flags")
        tensor.mapped, tensor.passes = bool(tensor_flags & 1), bool(tensor_flags & 2)
        tensor.relative = bool(tensor_flags & 8)
        tensor.level = DTYPES[code.number("level dtype")] if tensor_flags & 4 else "int32"
    header.cut = code.wide("cut") if flags & 4 else 0
    tail = (code.wide("tail tensor"), code.wide("tail row")) if flags & 8 else None
    mapped = [tensor for tensor in header.tensors if tensor.mapped]
    relative = [tensor.relative for tensor in mapped] + [False] * (tail is not None)
    maps = read_maps(code, relative, narrow=bool(flags & 2))
    for tensor, level_map in zip(mapped, maps, strict=False):
        tensor.map = level_map
    header.tail = (*tail, maps[-1]) if tail else None


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
        for index in range(code.number("offsets")):
            offsets.append(before[min(index, len(before) - 1)] + code.signed(f"offset {min(index, 3)}"))
        before = offsets or before
        bits += code.signed("step")
        (step,) = struct.unpack("<f", struct.pack("<I", bits << 16 if narrow else bits))
        result.append(Map(step, ratio, offsets))
    return result
