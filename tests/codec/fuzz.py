"""Hostile files: `python tests/codec/fuzz.py --seconds 600 [--seed 0]`.

Takes valid files, damages them in the ways below, and decodes them in a process of limited memory. The outcome must be
a valid decode, `CorruptFileError` or `TruncatedFileError`; anything else ends the run with the file's bytes, in
hexadecimal, and the traceback. Prints how often each damage had each outcome.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from zlib import crc32

from make_golden import files, floats, levels, model

from surp import codec, registry
from surp.codec import _format as wire
from surp.codec._body import write_body
from surp.codec._coders import quantizes
from surp.codec._container import open_file, varint
from surp.codec._header import Header, Tensor
from surp.errors import CorruptFileError, ParameterError, TruncatedFileError

IN_PROCESS = [name for name in registry.names("codec") if not quantizes(registry.load("codec", name))]
"""Coders that start no process of their own; the others do a file or two a second."""
MEMORY = 6 << 30
"""Address space of the process; numba and numpy map a part of it before the first file."""
SIZES = (0, 1, 2, 255, 1 << 16, 1 << 20, 1 << 31, 1 << 32, 1 << 60, (1 << 61) - 1)

Damage = Callable[[random.Random, list[bytes]], bytes]


def framed(body: bytes, blocks: list[bytes]) -> bytes:
    """A file with right checksums around any header and blocks."""
    head = wire.MAGIC + bytes([wire.VERSION]) + varint(len(body)) + body
    checksum = crc32(head)
    parts = [head, checksum.to_bytes(4, "little")]
    for block in blocks:
        checksum = crc32(block, checksum)
        parts += [block, checksum.to_bytes(4, "little")]
    return b"".join(parts)


def opened(data: bytes) -> tuple[Header, bytes, list[bytes]]:
    header, blocks, _ = open_file(data)
    return header, write_body(header), [block.content for block in blocks]


def scratched(rng: random.Random, data: bytes) -> bytes:
    """A few bits flipped, bytes replaced, cut out or put in."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(result) + 1)
        match rng.randrange(4):
            case 0 if place < len(result):
                result[place] ^= 1 << rng.randrange(8)
            case 1 if place < len(result):
                result[place] = rng.choice((0, 255, rng.randrange(256)))
            case 2:
                del result[place : place + rng.randint(1, 8)]
            case _:
                result[place:place] = rng.randbytes(rng.randint(1, 8))
    return bytes(result)


def bits(rng: random.Random, seeds: list[bytes]) -> bytes:
    return scratched(rng, rng.choice(seeds))


def cut(rng: random.Random, seeds: list[bytes]) -> bytes:
    data = rng.choice(seeds)
    return data[: rng.randrange(len(data))]


def body(rng: random.Random, seeds: list[bytes]) -> bytes:
    """A damaged header under right checksums."""
    _, content, blocks = opened(rng.choice(seeds))
    return framed(scratched(rng, content), blocks)


def blocks(rng: random.Random, seeds: list[bytes]) -> bytes:
    """Damaged blocks whose lengths and checksums are right."""
    header, _, contents = opened(rng.choice(seeds))
    index = rng.randrange(len(contents))
    contents[index] = rng.randbytes(rng.randrange(40)) if rng.random() < 0.2 else scratched(rng, contents[index])
    return declared(header, contents)


def splice(rng: random.Random, seeds: list[bytes]) -> bytes:
    """The header of one file before the blocks of another, or of the same in another order."""
    header, _, own = opened(rng.choice(seeds))
    others = own + opened(rng.choice(seeds))[2]
    return declared(header, [rng.choice(others) for _ in own])


def fields(rng: random.Random, seeds: list[bytes]) -> bytes:
    """Absurd extents, ranks, types and names that repeat, in a header that is coded well."""
    header, _, contents = opened(rng.choice(seeds))
    tensors = list(header.tensors)
    for _ in range(rng.randint(1, 3)):
        index = rng.randrange(len(tensors))
        tensors[index] = changed(rng, tensors[index], rng.choice(tensors))
    kept = header.tail if header.tail and header.tail.name in {t.name for t in tensors if t.embedded} else None
    return declared(replace(header, tensors=tuple(tensors), tail=kept), contents)


def changed(rng: random.Random, tensor: Tensor, other: Tensor) -> Tensor:
    match rng.randrange(4):
        case 0:
            return replace(tensor, shape=tuple(rng.choice(SIZES) for _ in range(rng.randint(0, 4))))
        case 1:
            return replace(tensor, name=other.name)
        case 2 if tensor.bits is None and other.bits is None:
            return replace(tensor, dtype=other.dtype)
        case _:
            return replace(tensor, shape=(*tensor.shape[:1], 0, *tensor.shape[1:]))


def declared(header: Header, contents: list[bytes]) -> bytes:
    """Right lengths and checksums; now and then a length that is not."""
    lengths = [len(content) for content in contents] + [header.padding] * bool(header.padding)
    return framed(write_body(replace(header, lengths=tuple(lengths))), contents)


DAMAGES: tuple[Damage, ...] = (bits, cut, body, blocks, splice, fields)


def outcome(data: bytes) -> str:
    """`decoded` or the error's name. Whatever else is raised is a fault, and is not caught."""
    found = []
    for read in (codec.decode_state, lambda d: codec.decode_state(d, partial=True), codec.describe):
        try:
            read(data)
            found.append("decoded")
        except TruncatedFileError:
            found.append("truncated")
        except CorruptFileError:
            found.append("corrupt")
        except ParameterError as error:  # a header damaged to name the coder whose environment is not there
            if "make peers" not in str(error):
                raise
            found.append("without peers")
    return found[0]


def written(coder: str) -> list[bytes]:
    """Levels, a model and exact floats by one coder."""
    made = codec.encode_levels(levels(), coder=coder), codec.encode(model(), coder=coder)
    return [*made, codec.encode_exact(*floats(), coder=coder)]


def run(seconds: float, seed: int, most: int | None = None, coders: Sequence[str] = ()) -> Counter[str]:
    """Outcomes counted by damage. Raises what a decoder should not have raised, after printing the file."""
    rng, counts = random.Random(seed), Counter[str]()
    seeds = [file for coder in coders for file in written(coder)]
    seeds += files().values() if "adaptive" in coders else []
    end = time.monotonic() + seconds
    while time.monotonic() < end and (most is None or counts.total() < most):
        damage = rng.choice(DAMAGES)
        data = damage(rng, seeds)
        try:
            counts[f"{damage.__name__} {outcome(data)}"] += 1
        except BaseException:
            print(f"{damage.__name__}: {data.hex()}")
            raise
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, help="Stop after so many files.")
    parser.add_argument("--coders", nargs="*", default=IN_PROCESS, help="Those whose files are damaged.")
    chosen = parser.parse_args()
    for coder in chosen.coders:
        codec.warm_up(coder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        counts = run(chosen.seconds, chosen.seed, chosen.most, chosen.coders)
    except (MemoryError, ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, AssertionError):
        traceback.print_exc()
        return 1
    for key in sorted(counts):
        print(f"{key:20} {counts[key]}")
    print(f"files {counts.total()}, seed {chosen.seed}, faults 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
