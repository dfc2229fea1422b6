"""What a file holds, tensor by tensor, and how long its blocks are."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from surp.codec.frame import wire
from surp.tensors.layout import is_matrix
from surp.tensors.levels import LevelMap, Map, RelativeMap, Tail


@dataclass(frozen=True)
class Tensor:
    """One tensor. dtype: of the value; level_type: of the levels, an integer type; map: None for plain integers.

    bits: of an exact float tensor, the exponent of level 1 and the mantissa's bits that stand in the file.
    signed_zeros: whether some of its zeros are -0. scales: of int8 rows in an exact file, the entry of what they are
    multiplied by.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    level_type: str
    map: Map | None = None
    embedded: bool = False
    bits: tuple[int, int] | None = None
    signed_zeros: bool = False
    scales: Tensor | None = None

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def rows(self) -> int:
        """Extent of the first axis; a scalar is one row."""
        return self.shape[0] if self.shape else 1

    @property
    def kind(self) -> int:
        """0 for vectors and buffers, 1 for weights; plain tensors are coded by kind, then by name."""
        exact = self.bits is not None or self.scales is not None
        weight = exact or isinstance(self.map, LevelMap) or self.dtype == self.level_type
        return int(len(self.shape) >= 2 and weight)


def scale_key(name: str) -> str:
    """What the scales of tensor `name` are called inside the program; in a file they have no name.

    No name of a tensor has a zero byte, and this one stands behind its tensor's and before all others.
    """
    return name + "\0"


@dataclass(frozen=True)
class Part:
    """A tensor described in passes, or some rows of one: what has one map."""

    name: str
    rows: slice
    shape: tuple[int, ...]
    level_type: str
    map: LevelMap


@dataclass(frozen=True)
class Header:
    """tensors: by name. lengths: bytes of each block, checksums not counted.

    cut: None unless `truncate` made the file; then the row, counted over all tensors in passes, from which the last
    pass tells nothing any more (0: it tells of all).
    """

    kind: str
    coder: str
    preset: str
    tensors: tuple[Tensor, ...]
    quantizer: str = ""
    passes: int = 0
    lengths: tuple[int, ...] = ()
    padding: int = 0
    cut: int | None = None
    tail: Tail | None = None

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """All tensors, each followed by its scales."""
        return tuple(part for tensor in self.tensors for part in (tensor, tensor.scales) if part is not None)

    @property
    def elements(self) -> int:
        return sum(tensor.size for tensor in self.stored)

    @property
    def plain(self) -> tuple[Tensor, ...]:
        return tuple(sorted((t for t in self.stored if not t.embedded), key=lambda t: (t.kind, t.name)))

    @property
    def embedded(self) -> tuple[Tensor, ...]:
        return tuple(t for t in self.tensors if t.embedded)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the passes describe, in the order of the scan."""
        result = []
        for tensor in self.embedded:
            assert isinstance(tensor.map, LevelMap), "nothing is embedded without steps"
            split = self.tail.row if self.tail and self.tail.name == tensor.name else tensor.rows
            maps = [tensor.map] if split == tensor.rows or not self.tail else [tensor.map, self.tail.map]
            for rows, level_map in zip((slice(0, split), slice(split, tensor.rows)), maps, strict=False):
                shape = (rows.stop - rows.start, *tensor.shape[1:]) if tensor.shape else ()
                result.append(Part(tensor.name, rows, shape, tensor.level_type, level_map))
        return tuple(result)

    @property
    def exact(self) -> tuple[Tensor, ...]:
        """Tensors whose mantissas have a block."""
        return tuple(t for t in self.stored if t.bits is not None)

    @property
    def signed(self) -> tuple[Tensor, ...]:
        """Tensors of which a block tells the signs of the zeros."""
        return tuple(t for t in self.exact if t.signed_zeros)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, in the order of the file."""
        passes = tuple(f"pass {number + 1}" for number in range(self.passes if self.embedded else 0))
        floats = ("signs",) * bool(self.signed) + ("mantissas",) * bool(self.exact)
        return (("plain",) if self.plain else ()) + passes + floats + (("padding",) if self.padding else ())


def item_bytes(dtype: str) -> int:
    """Bytes of one value."""
    if dtype in wire.FLOATS:
        return (1 + sum(wire.FLOATS[dtype])) // 8
    return 1 if dtype == "bool" else int(dtype.lstrip("uint")) // 8


def is_float(dtype: str) -> bool:
    return dtype in wire.FLOATS


def flags_of(tensor: Tensor) -> int:
    """A model's tensor: whether it has a map and of which kind, is described in passes, has levels of its own type."""
    return (
        wire.HAS_MAP * (tensor.map is not None)
        | wire.EMBEDDED * tensor.embedded
        | wire.OWN_LEVEL_TYPE * (tensor.level_type != "int32")
        | wire.RELATIVE * isinstance(tensor.map, RelativeMap)
    )


def usual_flags(dtype: str, shape: tuple[int, ...], passes: int) -> int:
    """The flags of the rule: floats have a map, their matrices one of steps, and are in the passes if there are any."""
    if not is_float(dtype):
        return 0
    if not is_matrix(shape):
        return wire.HAS_MAP | wire.RELATIVE
    return wire.HAS_MAP | wire.EMBEDDED * (passes > 0)
