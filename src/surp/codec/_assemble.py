"""From levels to the sections of a file, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from surp import registry
from surp.codec import _format as wire
from surp.codec._container import Block, open_file, seal
from surp.codec._header import Header, Tensor
from surp.codec._prefix import Points, points
from surp.codec._sections import Levels, from_scan, plain_of, to_scan
from surp.errors import CorruptFileError, UnknownNameError
from surp.levels import LevelMap


@dataclass(frozen=True)
class Contents:
    """What an opened file holds. levels: by name, int32 with all bits of the passes for embedded tensors.

    bits: what each tensor took. points: reconstruction points after 1, ..., P - 1 passes.
    """

    header: Header
    blocks: list[Block]
    header_bytes: int
    levels: dict[str, Levels]
    bits: dict[str, float]
    points: list[Points]


def load_coder(coder: str, preset: str) -> ModuleType:
    """The coder's module. Raises `UnknownNameError` for a coder or preset that is not there."""
    module = registry.load("codec", coder)
    if preset not in module.PRESETS:
        raise UnknownNameError(f"preset of coder {coder}", preset, module.PRESETS)
    return module


def write(header: Header, levels: Mapping[str, Levels]) -> bytes:
    """A whole file from checked tensors and levels."""
    coder = load_coder(header.coder, header.preset)
    contents = []
    if header.plain:
        scans = [plain_of(t.shape, t.level_type, t.kind) for t in header.plain]
        sections = ((scan, to_scan(levels[t.name], scan)) for scan, t in zip(scans, header.plain, strict=True))
        contents.append(coder.encode_plain(sections, header.preset))
    if header.embedded:
        contents += _passes(coder, header, [_to_int32(levels[t.name]) for t in header.embedded])
    return seal(header, contents)


def read(data: bytes, kind: str, passes: int | None = None) -> Contents:
    """Inverse of `write`; of the passes only the first `passes` are decoded. Raises `CorruptFileError`."""
    header, blocks, header_bytes = open_file(data)
    if kind and header.kind != kind:
        raise CorruptFileError(f"block header: the kind of the file is {header.kind!r}; wanted: {kind!r}")
    coder = load_coder(header.coder, header.preset)
    levels: dict[str, Levels] = {}
    bits = {tensor.name: 0.0 for tensor in header.tensors}
    if header.plain:
        scans = [plain_of(t.shape, t.level_type, t.kind) for t in header.plain]
        found, costs = coder.decode_plain(blocks[0], scans, header.preset)
        for tensor, level, cost in zip(header.plain, found, costs, strict=True):
            levels[tensor.name] = from_scan(level, tensor.level_type)
            bits[tensor.name] = cost
    middles: list[Points] = []
    if header.embedded:
        wanted, middles = _split(blocks[bool(header.plain) :], header.passes, passes)
        shapes = [tensor.shape for tensor in header.embedded]
        found, planes = coder.decode_passes(wanted, shapes, header.passes, header.preset)
        for index, (tensor, level) in enumerate(zip(header.embedded, found, strict=True)):
            levels[tensor.name] = _from_int32(level, tensor, wanted[0])
            bits[tensor.name] = sum(plane[index] for plane in planes)
    return Contents(header, blocks, header_bytes, levels, bits, middles)


def _passes(coder: ModuleType, header: Header, levels: Sequence[Levels]) -> Iterator[bytes]:
    """Contents of the pass blocks: the points of the prefix that ends there (none after the last), then the code."""
    middles = points(levels, _maps(header.embedded), header.passes)
    codes = coder.encode_passes(levels, header.passes, header.preset)
    for index, code in enumerate(codes):
        point = middles[index : index + 1]
        yield b"".join(value.to_bytes(1, "little", signed=True) for pair in point for value in pair) + code


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


def _maps(tensors: Sequence[Tensor]) -> list[LevelMap]:
    return [tensor.map for tensor in tensors if tensor.map is not None]


def _to_int32(levels: Levels) -> Levels:
    return np.require(levels.astype(np.int32, copy=False), requirements=["C", "W"])


def _from_int32(levels: Levels, tensor: Tensor, block: Block) -> Levels:
    if tensor.level_type == "int32":
        return levels
    result = levels.astype(tensor.level_type)
    if not np.array_equal(result.astype(np.int64), levels):
        raise block.fail(f"levels of tensor {tensor.name!r} outside the range of {tensor.level_type}")
    return result
