"""Hostile files: `python tests/codec/fuzz.py [--seconds 600] [--rounds 10] [--seed 0]`.

Takes a valid file of every coder, preset and kind, and the golden files, damages each in each of the ways below, and
decodes them in a process of limited memory. The outcome must be a valid decode, `CorruptFileError` or
`TruncatedFileError`; anything else ends the run with the file's bytes, in hexadecimal, and the traceback. Prints how
often each damage had each outcome, and how often each file was damaged.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tools"))
from frames import declared, framed, opened
from make_golden import GOLDEN, base, floats, forms, levels, model, uniform

from surp import codec, registry
from surp.codec.coder import has_passes, quantizes
from surp.codec.frame import wire
from surp.codec.frame.fields import write_fields
from surp.codec.frame.header import Array, TensorEntry
from surp.errors import CorruptFileError, ParameterError, TruncatedFileError
from surp.tensors.forms import Form

IN_PROCESS = [name for name in registry.names("coders") if not quantizes(registry.load("coders", name))]
"""Coders that start no process of their own; the others do a file or two a second."""
MEMORY = 6 << 30
"""Address space of the process; numba and numpy map a part of it before the first file."""
KINDS, KINDS_IN_PASSES = ("levels", "model", "exact", "forms"), ("passes", "cut")
"""Files that every coder writes, and those of coders that know passes."""
SIZES = (0, 1, 2, 255, 1 << 16, 1 << 20, 1 << 31, 1 << 32, 1 << 60, (1 << 61) - 1)

Damage = Callable[[random.Random, bytes, bytes], bytes]
"""Of a file, and another one that may lend its blocks."""


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


def bits(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return scratched(rng, data)


def cut(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def body(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A damaged header under right checksums."""
    header, pieces = opened(data)
    padding = [bytes(header.padding)] * bool(header.padding)
    return framed(scratched(rng, write_fields(header)), pieces + padding)


def blocks(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Damaged blocks whose lengths and checksums are right."""
    header, contents = opened(data)
    index = rng.randrange(len(contents))
    contents[index] = rng.randbytes(rng.randrange(40)) if rng.random() < 0.2 else scratched(rng, contents[index])
    return declared(header, contents)


def splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """The header of one file before the blocks of another, or of the same in another order."""
    header, own = opened(data)
    others = own + opened(other)[1]
    return declared(header, [rng.choice(others) for _ in own])


def fields(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Absurd extents, ranks, types, names that repeat and rules, in a header that is coded well."""
    header, contents = opened(data)
    tensors, arrays, rebuilt = list(header.tensors), list(header.arrays), dict(header.forms)
    for _ in range(rng.randint(1, 3)):
        match rng.randrange(4):
            case 0 if rebuilt:
                name = rng.choice(list(rebuilt))
                rebuilt[name] = ruled(rng, rebuilt[name])
            case 1 if rebuilt:
                index = rng.randrange(len(tensors) - len(rebuilt), len(arrays))
                arrays[index] = changed_array(rng, arrays[index], rng.choice(tensors))
            case _:
                index = rng.randrange(len(tensors))
                tensors[index] = changed(rng, tensors[index], rng.choice(tensors))
    return declared(replace(header, tensors=tuple(tensors), arrays=tuple(arrays), forms=rebuilt), contents)


def changed(rng: random.Random, tensor: TensorEntry, other: TensorEntry) -> TensorEntry:
    match rng.randrange(4):
        case 0:
            return tensor._replace(shape=tuple(rng.choice(SIZES) for _ in range(rng.randint(0, 4))))
        case 1:
            return tensor._replace(name=other.name)
        case 2:
            return tensor._replace(dtype=rng.choice((other.dtype, rng.choice(list(wire.DTYPES)))))
        case _:
            return tensor._replace(shape=(*tensor.shape[:1], 0, *tensor.shape[1:]))


def changed_array(rng: random.Random, array: Array, other: TensorEntry) -> Array:
    """A component, whose name is in no file."""
    tensor = changed(rng, TensorEntry(array.name, array.shape, array.dtype), other)
    return replace(array, shape=tensor.shape, dtype=tensor.dtype)


def ruled(rng: random.Random, form: Form) -> Form:
    match rng.randrange(3):
        case 0:
            return replace(form, rule=rng.choice([*filter(None, wire.RULES), "another"]))
        case 1:
            return replace(form, parameters=tuple(rng.choice((-1, 0, 1, 2, 1 << 40)) for _ in range(rng.randint(0, 3))))
        case _:
            return replace(form, components=tuple(rng.sample(form.components, len(form.components))))


DAMAGES: tuple[Damage, ...] = (bits, cut, body, blocks, splice, fields)


def damages_of(file: bytes) -> tuple[Damage, ...]:
    """All of them; of a coder's own file, those that need no frame."""
    return DAMAGES if file.startswith(wire.MAGIC) else (bits, cut)


def outcome(data: bytes) -> str:
    """`decoded` or the error's name. Whatever else is raised is a fault, and is not caught."""
    found = []
    for read in READERS:
        try:
            read(data)
            found.append("decoded")
        except TruncatedFileError:
            found.append("truncated")
        except CorruptFileError:
            found.append("corrupt")
        except ParameterError as error:  # a header damaged to name another base, or a coder that is not installed
            found.append(next((name for name, words in OUR_FAULT.items() if words in str(error)), ""))
            if not found[-1]:
                raise
    return found[0]


OUR_FAULT = {"without peers": "make peers", "without base": "base"}
READERS: tuple[Callable[[bytes], object], ...] = (
    lambda data: codec.open(data).state(base()),
    lambda data: codec.open(data, partial=True).state(base()),
    lambda data: codec.describe(codec.open(data)),
    lambda data: (file := codec.open(data)).names and file.tensor(file.names[-1], base()),
)


def written(coder: str) -> dict[str, bytes]:
    """A file of each preset and kind that a coder has, by `CODER PRESET KIND`."""
    module, made = registry.load("coders", coder), {}
    for preset in module.PRESETS:
        kinds = {
            "levels": codec.encode_levels(levels(), coder=coder, preset=preset),
            "model": codec.encode(uniform(), coder=coder, preset=preset),
            "exact": codec.encode(floats(), coder=coder, preset=preset),
            "forms": codec.encode(forms(), coder=coder, preset=preset, base=base()),
        }
        if has_passes(module):
            whole = kinds["passes"] = codec.encode(model(), coder=coder, preset=preset)
            kinds["cut"] = codec.open(whole).truncate(len(whole) * 9 // 10)
        made |= {f"{coder} {preset} {kind}": file for kind, file in kinds.items()}
    return made


def seeds(coders: Sequence[str]) -> dict[str, bytes]:
    """What `written` makes, and the golden files of these coders."""
    golden = {path.name: path.read_bytes() for path in sorted(GOLDEN.glob("*.surp"))}
    made = {name: file for coder in coders for name, file in written(coder).items()}
    return made | {name: file for name, file in golden.items() if codec.open(file).coder in coders}


def run(files: dict[str, bytes], seed: int, seconds: float, rounds: int | None) -> tuple[Counter[str], Counter[str]]:
    """Every damage of every file, `rounds` times or for so long: outcomes by damage, and damages by file.

    Raises what a decoder should not have raised, after printing the file.
    """
    rng, outcomes, damaged = random.Random(seed), Counter[str](), Counter[str]()
    end, others = time.monotonic() + seconds, [file for file in files.values() if file.startswith(wire.MAGIC)]
    each = [(name, file, damage) for name, file in files.items() for damage in damages_of(file)]
    most = None if rounds is None else rounds * len(each)
    for name, file, damage in itertools.islice(itertools.cycle(each), most):
        if time.monotonic() > end:
            break
        data = damage(rng, file, rng.choice(others))
        try:
            outcomes[f"{damage.__name__} {outcome(data)}"] += 1
        except BaseException:
            print(f"{name}, {damage.__name__}: {data.hex()}")
            raise
        damaged[name] += 1
    return outcomes, damaged


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rounds", type=int, help="Stop after so many damages of each sort to each file.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coders", nargs="*", default=IN_PROCESS, help="Those whose files are damaged.")
    chosen = parser.parse_args()
    for coder in chosen.coders:
        codec.warm_up(coder)
    files = seeds(chosen.coders)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        outcomes, damaged = run(files, chosen.seed, chosen.seconds, chosen.rounds)
    except (MemoryError, ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, AssertionError):
        traceback.print_exc()
        return 1
    for key, count in [*sorted(outcomes.items()), *((name, damaged[name]) for name in files)]:
        print(f"{key:30} {count}")
    print(f"files {damaged.total()}, seed {chosen.seed}, faults 0")
    return 0 if damaged.total() else 1


if __name__ == "__main__":
    sys.exit(main())
