"""From levels to the sections of a file, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from types import ModuleType

import numpy as np

from surp import registry
from surp.codec import _format as wire
from surp.codec._container import Block, open_file, seal
from surp.codec._header import Header, Part
from surp.codec._lanes import Work, join, lanes, run, split
from surp.codec._prefix import Points, points
from surp.codec._sections import Levels, from_scan, plain_of, to_scan
from surp.errors import CorruptFileError, ParameterError, TruncatedFileError, UnknownNameError


@dataclass(frozen=True)
class Contents:
    """What an opened file holds. levels: by name, int32 with all bits of the passes for embedded tensors.

    bits: what each tensor took. points: reconstruction points after 1, ..., P - 1 passes. passes: those decoded.
    """

    header: Header
    blocks: list[Block]
    header_bytes: int
    levels: dict[str, Levels]
    bits: dict[str, float]
    points: list[Points]
    passes: int


def load_coder(coder: str, preset: str) -> ModuleType:
    """The coder's module. Raises `UnknownNameError` for a coder or preset that is not there."""
    module = registry.load("codec", coder)
    if preset not in module.PRESETS:
        raise UnknownNameError(f"preset of coder {coder}", preset, module.PRESETS)
    return module


def write(header: Header, levels: Mapping[str, Levels], mantissas: bytes = b"", work: Work | None = None) -> bytes:
    """A whole file from checked tensors and levels, and the mantissas of exact ones."""
    coder = load_coder(header.coder, header.preset)
    contents = []
    if header.plain:
        contents.append(_plain(coder, header, levels, work))
    if header.embedded:
        contents += _passes(coder, header, [_to_int32(levels[p.name], p) for p in header.parts], work)
    if header.exact:
        contents.append(mantissas)
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
    coder = _coder_of(header)
    levels: dict[str, Levels] = {}
    bits = {tensor.name: 0.0 for tensor in header.tensors}
    if header.plain:
        for tensor, (level, cost) in zip(header.plain, _read_plain(coder, header, blocks[0], work), strict=True):
            levels[tensor.name] = from_scan(level, tensor.level_type)
            bits[tensor.name] = cost
    middles: list[Points] = []
    if header.embedded:
        wanted, middles = _split(blocks[bool(header.plain) :][: header.passes], header.passes, passes)
        found, costs = _read_passes(coder, header, wanted, work)
        levels |= _joined(header.parts, found, wanted[0])
        for part, cost in zip(header.parts, costs, strict=True):
            bits[part.name] += cost
    return Contents(header, blocks, header_bytes, levels, bits, middles, passes or header.passes)


def _coder_of(header: Header) -> ModuleType:
    """The coder that wrote the file; a preset that this program's coder lacks is the file's fault, not the user's."""
    try:
        return load_coder(header.coder, header.preset)
    except UnknownNameError as error:
        raise CorruptFileError(f"block header: {error}") from None


def _whole_passes(header: Header, blocks: Sequence[Block], size: int, first: int) -> int:
    """Passes that are whole in a file that ends early. Raises `TruncatedFileError` if that is none."""
    needed = 2 if header.plain else 1
    if not header.embedded:
        raise TruncatedFileError(f"byte {size}: the file ends early, and it has no passes that parts of it could tell")
    if len(blocks) < needed:
        least = first + sum(header.lengths[:needed]) + wire.CRC_BYTES * needed
        raise TruncatedFileError(f"byte {size}: the file ends before its first pass does; its first {least} bytes do")
    return len(blocks) - bool(header.plain)


def _plain(coder: ModuleType, header: Header, levels: Mapping[str, Levels], work: Work | None) -> bytes:
    """Content of the plain block."""
    tensors = header.plain
    scans = [plain_of(t.shape, t.level_type, t.kind) for t in tensors]

    def lane(indices: range) -> bytes:
        sections = ((scans[i], to_scan(levels[tensors[i].name], scans[i])) for i in indices)
        code: bytes = coder.encode_plain(sections, header.preset)
        return code

    return join(run(lane, [t.size for t in tensors], work))


def _read_plain(coder: ModuleType, header: Header, block: Block, work: Work | None) -> Iterator[tuple[Levels, float]]:
    """Inverse of `_plain`: levels, and the bits each tensor took."""
    scans = [plain_of(t.shape, t.level_type, t.kind) for t in header.plain]
    sizes = [t.size for t in header.plain]
    codes = dict(_by_lane(block, sizes))

    def lane(indices: range) -> list[tuple[Levels, float]]:
        found, bits = coder.decode_plain(codes[indices], [scans[i] for i in indices], header.preset)
        return list(zip(found, bits, strict=True))

    return chain.from_iterable(run(lane, sizes, work))


def _by_lane(block: Block, sizes: Sequence[int]) -> list[tuple[range, Block]]:
    found = lanes(sizes)
    return list(zip(found, split(block, len(found)), strict=True))


def _passes(coder: ModuleType, header: Header, levels: Sequence[Levels], work: Work | None) -> Iterator[bytes]:
    """Contents of the pass blocks: the points of the prefix that ends there (none after the last), then the codes."""
    middles = points(levels, [part.map for part in header.parts], header.passes)

    def lane(indices: range) -> list[bytes]:
        return list(coder.encode_passes([levels[i] for i in indices], header.passes, header.preset))

    for index, codes in enumerate(zip(*run(lane, [level.size for level in levels], work), strict=True)):
        point = middles[index : index + 1]
        yield b"".join(value.to_bytes(1, "little", signed=True) for pair in point for value in pair) + join(codes)


def _read_passes(
    coder: ModuleType, header: Header, blocks: Sequence[Block], work: Work | None
) -> tuple[list[Levels], list[float]]:
    """Inverse of `_passes` from the first blocks: levels of all bits, and the bits that each part took."""
    shapes = [part.shape for part in header.parts]
    sizes = [prod(shape) for shape in shapes]
    codes = [dict(_by_lane(block, sizes)) for block in blocks]

    def lane(indices: range) -> tuple[list[Levels], list[list[float]]]:
        own = [code[indices] for code in codes]
        found: tuple[list[Levels], list[list[float]]] = coder.decode_passes(
            own, [shapes[i] for i in indices], header.passes, header.preset
        )
        return found

    found = run(lane, sizes, work)
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
