"""The block `plain`: tensors as integers, in lanes where the coder has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import ModuleType

from surp.codec._coders import has_lanes
from surp.codec._container import Block
from surp.codec._header import Header
from surp.codec._lanes import Work, join, lanes, run, split
from surp.codec._sections import Levels, plain_of, to_scan
from surp.parameters import Frozen

Cost = float | None
"""Bits that a tensor took; None where a coder cannot tell."""


def write_plain(
    coder: ModuleType, parameters: Frozen, header: Header, levels: Mapping[str, Levels], work: Work | None
) -> bytes:
    """Content of the block."""
    tensors = header.plain
    scans = [plain_of(t.shape, t.level_type, t.kind) for t in tensors]

    def lane(indices: range) -> bytes:
        sections = ((scans[i], to_scan(levels[tensors[i].name], scans[i])) for i in indices)
        code: bytes = coder.encode_plain(sections, parameters)
        return code

    return join(run(lane, lanes([t.size for t in tensors], has_lanes(coder)), [t.size for t in tensors], work))


def read_plain(coder: ModuleType, header: Header, block: Block, work: Work | None) -> Iterator[tuple[Levels, Cost]]:
    """Inverse of `write_plain`: levels, and the bits each tensor took."""
    scans = [plain_of(t.shape, t.level_type, t.kind) for t in header.plain]
    sizes = [t.size for t in header.plain]
    found = lanes(sizes, has_lanes(coder))
    codes = by_lane(block, found)

    def lane(indices: range) -> list[tuple[Levels, Cost]]:
        levels, bits = coder.decode_plain(codes[indices], [scans[i] for i in indices], header.preset)
        return list(zip(levels, bits, strict=True))

    return chain.from_iterable(run(lane, found, sizes, work))


def by_lane(block: Block, found: Sequence[range]) -> dict[range, Block]:
    return dict(zip(found, split(block, len(found)), strict=True))
