"""What a file holds, tensor by tensor, and how long its blocks are."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from surp.levels import LevelMap


@dataclass(frozen=True)
class Tensor:
    """One tensor. dtype: of the value; level_type: of the levels, an integer type; map: None for plain integers."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    level_type: str
    map: LevelMap | None = None
    embedded: bool = False

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def kind(self) -> int:
        """0 for vectors and buffers, 1 for weights; plain tensors are coded by kind, then by name."""
        return int(len(self.shape) >= 2 and (self.map is not None or self.dtype == self.level_type))


@dataclass(frozen=True)
class Header:
    """tensors: by name. lengths: bytes of each block, checksums not counted."""

    kind: str
    coder: str
    preset: str
    tensors: tuple[Tensor, ...]
    quantizer: str = ""
    passes: int = 0
    lengths: tuple[int, ...] = ()
    padding: int = 0

    @property
    def plain(self) -> tuple[Tensor, ...]:
        return tuple(sorted((t for t in self.tensors if not t.embedded), key=lambda t: (t.kind, t.name)))

    @property
    def embedded(self) -> tuple[Tensor, ...]:
        return tuple(t for t in self.tensors if t.embedded)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, in the order of the file."""
        passes = tuple(f"pass {number + 1}" for number in range(self.passes if self.embedded else 0))
        return (("plain",) if self.plain else ()) + passes + (("padding",) if self.padding else ())
