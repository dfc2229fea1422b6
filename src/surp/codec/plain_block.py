"""Blocks of integers, tensor after tensor, in lanes where the coder has them: `plain`, and `signs` of exact files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import ModuleType

from surp.codec.frame.container import Block
from surp.codec.frame.header import Tensor
from surp.codec.interface import has_lanes
from surp.codec.lanes import Work, join, lanes, run, split
from surp.codec.sections import Levels, from_scan, plain_of, to_scan
from surp.parameters import Frozen

Cost = float | None
"""Bits that a tensor took; None where a coder cannot tell."""


def write_plain(
    coder: ModuleType, parameters: Frozen, tensors: Sequence[Tensor], levels: Mapping[str, Levels], work: Work | None
) -> bytes:
    """Content of a block of these tensors."""
    scans = [plain_of(t.shape, t.level_type, t.kind) for t in tensors]

    def lane(indices: range) -> bytes:
        sections = ((scans[i], to_scan(levels[tensors[i].name], scans[i])) for i in indices)
        code: bytes = coder.encode_plain(sections, parameters)
        return code

    return join(run(lane, lanes([t.size for t in tensors], has_lanes(coder)), [t.size for t in tensors], work))


def read_plain(
    coder: ModuleType, preset: str, tensors: Sequence[Tensor], block: Block, work: Work | None
) -> Iterator[tuple[Tensor, Levels, Cost]]:
    """Inverse of `write_plain`: each tensor's levels, in their own type, and the bits it took."""
    scans = [plain_of(t.shape, t.level_type, t.kind) for t in tensors]
    sizes = [t.size for t in tensors]
    found = lanes(sizes, has_lanes(coder))
    codes = by_lane(block, found)

    def lane(indices: range) -> list[tuple[Levels, Cost]]:
        levels, bits = coder.decode_plain(codes[indices], [scans[i] for i in indices], preset)
        return list(zip(levels, bits, strict=True))

    for tensor, (level, cost) in zip(tensors, chain.from_iterable(run(lane, found, sizes, work)), strict=True):
        yield tensor, from_scan(level, tensor.level_type), cost


def by_lane(block: Block, found: Sequence[range]) -> dict[range, Block]:
    return dict(zip(found, split(block, len(found)), strict=True))
