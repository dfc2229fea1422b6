"""From levels to the sections of a file, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import ModuleType
from typing import Any

import numpy as np

from surp.codec.exact import NO_BITS, Bits, zeros_of
from surp.codec.frame import wire
from surp.codec.frame.container import Block, open_file, seal
from surp.codec.frame.header import Header, Part
from surp.codec.interface import coder_of, parse
from surp.codec.lanes import Work, join, lanes, run, unseen
from surp.codec.passes.prefix import Points, points
from surp.codec.plain_block import Cost, by_lane, read_plain, write_plain
from surp.codec.sections import Levels
from surp.errors import CorruptFileError, ParameterError, TruncatedFileError
from surp.parameters import Frozen


@dataclass(frozen=True)
class Contents:
    """What an opened file holds. levels: by name, int32 with all bits of the passes for embedded tensors.

    signs: of the zeros of exact tensors, True for -0. bits: what each tensor took, None where the coder cannot tell.
    points: reconstruction points after 1, ..., P - 1 passes. passes: those decoded.
    """

    header: Header
    blocks: list[Block]
    header_bytes: int
    levels: dict[str, Levels]
    signs: dict[str, Levels]
    bits: dict[str, Cost]
    points: list[Points]
    passes: int


def write(
    header: Header,
    levels: Mapping[str, Levels],
    exact: Bits = NO_BITS,
    work: Work | None = None,
    settings: Mapping[str, Any] | None = None,
) -> bytes:
    """A whole file from checked tensors and levels, and what else exact ones have. settings: of the coder."""
    coder, parameters = parse(header.coder, header.preset, settings)
    contents = []
    if header.plain:
        contents.append(write_plain(coder, parameters, header.plain, levels, work))
    if header.embedded:
        parts = [_to_int32(levels[part.name], part) for part in header.parts]
        contents += _passes(coder, parameters, header, parts, work)
    if header.signed:
        contents.append(write_plain(coder, parameters, zeros_of(header, levels), exact.signs, unseen(work)))
    if header.exact:
        contents.append(exact.mantissas)
    return seal(header, contents)


def read(
    data: bytes, kind: str, passes: int | None = None, partial: bool = False, work: Work | None = None
) -> Contents:
    """Inverse of `write`; of the passes only the first `passes` are decoded, or with `partial` those that are there.

    Raises `CorruptFileError`, and `ParameterError` for more passes than there are.
    """
    header, blocks, header_bytes = open_file(data, partial)
    if kind and header.kind != kind:
        raise CorruptFileError(f"block header: the kind of the file is {header.kind!r}; wanted: {kind!r}")
    if len(blocks) < len(header.blocks) - bool(header.padding):
        passes = _whole_passes(header, blocks, len(data), header_bytes)
    if passes is not None and passes > header.passes:
        raise ParameterError(f"passes: {passes}; this file has {header.passes if header.embedded else 0}")
    coder = coder_of(header)
    levels: dict[str, Levels] = {}
    bits: dict[str, Cost] = {tensor.name: 0.0 for tensor in header.stored}
    if header.plain:
        for tensor, level, cost in read_plain(coder, header.preset, header.plain, blocks[0], work):
            levels[tensor.name], bits[tensor.name] = level, cost
    signs: dict[str, Levels] = {}
    if header.signed:
        zeros = zeros_of(header, levels)
        for tensor, sign, cost in read_plain(coder, header.preset, zeros, blocks[1], unseen(work)):
            signs[tensor.name], known = sign, bits[tensor.name]
            bits[tensor.name] = None if cost is None or known is None else known + cost
    middles: list[Points] = []
    if header.embedded:
        wanted, middles = _split(blocks[bool(header.plain) :][: header.passes], header.passes, passes)
        found, costs = _read_passes(coder, header, wanted, work)
        levels |= _joined(header.parts, found, wanted[0])
        for part, part_bits in zip(header.parts, costs, strict=True):
            bits[part.name] = (bits[part.name] or 0.0) + part_bits
    return Contents(header, blocks, header_bytes, levels, signs, bits, middles, passes or header.passes)


def _whole_passes(header: Header, blocks: Sequence[Block], size: int, first: int) -> int:
    """Passes that are whole in a file that ends early. Raises `TruncatedFileError` if that is none."""
    needed = 2 if header.plain else 1
    if not header.embedded:
        raise TruncatedFileError(f"byte {size}: the file ends early, and it has no passes that parts of it could tell")
    if len(blocks) < needed:
        least = first + sum(header.lengths[:needed]) + wire.CRC_BYTES * needed
        raise TruncatedFileError(f"byte {size}: the file ends before its first pass does; its first {least} bytes do")
    return len(blocks) - bool(header.plain)


def _passes(
    coder: ModuleType, parameters: Frozen, header: Header, levels: Sequence[Levels], work: Work | None
) -> Iterator[bytes]:
    """Contents of the pass blocks: the points of the prefix that ends there (none after the last), then the codes."""
    middles = points(levels, [part.map for part in header.parts], header.passes)

    def lane(indices: range) -> list[bytes]:
        return list(coder.encode_passes([levels[i] for i in indices], header.passes, parameters))

    sizes = [level.size for level in levels]
    for index, codes in enumerate(zip(*run(lane, lanes(sizes), sizes, work), strict=True)):
        point = middles[index : index + 1]
        yield b"".join(value.to_bytes(1, "little", signed=True) for pair in point for value in pair) + join(codes)


def _read_passes(
    coder: ModuleType, header: Header, blocks: Sequence[Block], work: Work | None
) -> tuple[list[Levels], list[float]]:
    """Inverse of `_passes` from the first blocks: levels of all bits, and the bits that each part took."""
    shapes = [part.shape for part in header.parts]
    sizes = [prod(shape) for shape in shapes]
    codes = [by_lane(block, lanes(sizes)) for block in blocks]

    def lane(indices: range) -> tuple[list[Levels], list[list[float]]]:
        own = [code[indices] for code in codes]
        found: tuple[list[Levels], list[list[float]]] = coder.decode_passes(
            own, [shapes[i] for i in indices], header.passes, header.preset
        )
        return found

    found = run(lane, lanes(sizes), sizes, work)
    levels = [level for part, _ in found for level in part]
    return levels, [sum(costs) for _, planes in found for costs in zip(*planes, strict=True)]


def _split(blocks: Sequence[Block], total: int, passes: int | None) -> tuple[list[Block], list[Points]]:
    """Inverse of what `_passes` puts before the codes: blocks with the code alone, and the points."""
    result, middles = [], []
    for index, block in enumerate(blocks[:passes]):
        head = wire.POINT_BYTES if index + 1 < total else 0
        if len(block.content) < head:
            raise block.fail(f"{len(block.content)} bytes, too short for its reconstruction points")
        if head:
            first, rest = np.frombuffer(block.content[:head], dtype=np.int8).tolist()
            middles.append((first, rest))
        result.append(Block(block.name, block.offset + head, block.content[head:]))
    return result, middles


def _to_int32(levels: Levels, part: Part) -> Levels:
    rows = levels[part.rows] if part.shape else levels
    return np.require(rows.astype(np.int32, copy=False), requirements=["C", "W"])


def _joined(parts: Sequence[Part], found: Sequence[Levels], block: Block) -> dict[str, Levels]:
    """Levels by tensor, in their own types; the parts of a tensor one below the other."""
    result: dict[str, Levels] = {}
    for part, level in zip(parts, found, strict=True):
        own = _from_int32(level, part, block)
        result[part.name] = np.concatenate([result[part.name], own]) if part.name in result else own
    return result


def _from_int32(levels: Levels, part: Part, block: Block) -> Levels:
    if part.level_type == "int32":
        return levels
    result = levels.astype(part.level_type)
    if not np.array_equal(result.astype(np.int64), levels):
        raise block.fail(f"levels of tensor {part.name!r} outside the range of {part.level_type}")
    return result
