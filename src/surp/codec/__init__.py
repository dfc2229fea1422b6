"""The `.surp` file: integer levels to bytes, and back. One coder a file of this folder; `docs/format.md` is the format.

A coder holds `PRESETS`, `Parameters` and the pairs `encode_plain` / `decode_plain`, `encode_passes` / `decode_passes`.
Importing this package imports no kernel; the functions import what they need when they are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from surp.errors import CorruptFileError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surp.codec._lanes import Work
    from surp.layout import State
    from surp.levels import Quantized


def encode_levels(
    levels: Mapping[str, NDArray[Any]], *, coder: str = "adaptive", preset: str = "default", work: Work | None = None
) -> bytes:
    """Code integer tensors without loss: any integer dtype and bool, any shape, 0-d and empty ones too.

    The byte order of the arrays and the order of the names are not kept. work: threads and progress, here and below;
    nothing of it is in the bytes. Raises `ParameterError` for another dtype,
    `UnknownNameError` for a coder or preset that is not there.
    """
    from surp.codec._assemble import load_coder, write
    from surp.codec._check import tensors_of_levels
    from surp.codec._header import Header

    load_coder(coder, preset)
    return write(Header("levels", coder, preset, tensors_of_levels(levels)), levels, work=work)


def decode_levels(data: bytes, *, work: Work | None = None) -> dict[str, NDArray[Any]]:
    """Inverse of `encode_levels`: names, dtypes, shapes and values. Raises `CorruptFileError`."""
    from surp.codec._assemble import read

    contents = read(data, "levels", work=work)
    return {tensor.name: contents.levels[tensor.name] for tensor in contents.header.tensors}


def encode(
    quantized: Quantized, *, coder: str = "adaptive", preset: str = "default", work: Work | None = None
) -> bytes:
    """A complete file of a model: everything that `quantized` says, one block for each pass of an embedded description.

    Raises `ParameterError` where the parts of `quantized` do not fit together.
    """
    from surp.codec._assemble import load_coder, write
    from surp.codec._check import tensors_of_model
    from surp.codec._header import Header

    load_coder(coder, preset)
    tensors = tensors_of_model(quantized)
    header = Header("model", coder, preset, tensors, quantized.quantizer, quantized.passes, tail=quantized.tail)
    return write(header, quantized.levels, work=work)


def decode(data: bytes, *, passes: int | None = None, partial: bool = False, work: Work | None = None) -> Quantized:
    """Inverse of `encode`, from the bytes and nothing else.

    passes: decode the first passes only, 1 to P: a coarser, sparser model of its own (its `passes` is that number)
    whose levels lack the bits of the passes left out. partial: of a file that ends early, the passes that are whole.
    Raises `CorruptFileError`, `TruncatedFileError` for a file that ends early, or with `partial` before its first pass
    does, and `ParameterError` for a number of passes that is not there.
    """
    from surp.codec._assemble import read
    from surp.codec._prefix import truncated
    from surp.levels import Quantized

    if passes is not None and passes < 1:
        raise ParameterError(f"passes: {passes}; allowed: 1 or more")
    contents = read(data, "model", passes, partial, work)
    header = contents.header
    whole = Quantized(
        levels={tensor.name: contents.levels[tensor.name] for tensor in header.tensors},
        maps={tensor.name: tensor.map for tensor in header.tensors},
        dtypes={tensor.name: tensor.dtype for tensor in header.tensors},
        quantizer=header.quantizer,
        passes=header.passes,
        embedded=tuple(tensor.name for tensor in header.embedded),
        tail=header.tail,
    )
    if passes is None and contents.passes == header.passes:
        return whole
    return truncated(whole, contents.passes, contents.points)


def encode_exact(
    state: State,
    dtypes: Mapping[str, str],
    *,
    coder: str = "adaptive",
    preset: str = "default",
    work: Work | None = None,
) -> bytes:
    """A complete file that gives every float back bit for bit, but for -0, which becomes 0.

    dtypes: the type of each tensor; `bfloat16` for float32 arrays that hold bfloat16 values. Integers as they are.
    """
    from surp.codec._assemble import load_coder, write
    from surp.codec._check import check_name, tensors_of_levels
    from surp.codec._exact import split
    from surp.codec._format import FLOATS
    from surp.codec._header import Header

    load_coder(coder, preset)
    tensors, levels, mantissas = [], {}, []
    for name in sorted(state):
        check_name(name)
        levels[name] = state[name]
        if dtypes[name] in FLOATS:
            tensor, levels[name], packed = split(name, state[name], dtypes[name])
            mantissas.append(packed)
            tensors.append(tensor)
        else:
            tensors += tensors_of_levels({name: state[name]})
    return write(Header("exact", coder, preset, tuple(tensors)), levels, b"".join(mantissas), work)


def decode_state(data: bytes, *, partial: bool = False, work: Work | None = None) -> tuple[State, dict[str, str]]:
    """What any file holds, by name: arrays (of a model its values), and the type of each.

    numpy has no bfloat16: such tensors are float32 arrays of bfloat16 values. partial: as in `decode`.
    """
    from surp.codec._assemble import read
    from surp.codec._container import open_file
    from surp.codec._exact import join_all

    if open_file(data, partial)[0].kind == "model":
        model = decode(data, partial=partial, work=work)
        return model.state(), dict(model.dtypes)
    contents = read(data, "", partial=partial, work=work)
    tensors = contents.header.tensors
    state = {tensor.name: contents.levels[tensor.name] for tensor in tensors}
    if contents.header.exact:
        state |= join_all(contents.header.exact, state, contents.blocks[-1])
    return state, {tensor.name: tensor.dtype for tensor in tensors}


def elements(data: bytes, *, partial: bool = False) -> int:
    """Elements of all tensors of a file, by its header. Raises `CorruptFileError`, as decoding it would."""
    from surp.codec._container import open_file

    return sum(tensor.size for tensor in open_file(data, partial)[0].tensors)


def whole_passes(data: bytes) -> tuple[int, int] | None:
    """Of a file that ends early: how many passes are whole, and how many it had; None for a whole file.

    Every checksum there is is verified. Raises `CorruptFileError`.
    """
    from surp.codec._container import open_file

    header, blocks, _ = open_file(data, partial=True)
    if len(blocks) == len(header.blocks) - bool(header.padding):
        return None
    return max(0, len(blocks) - bool(header.plain)), header.passes


def truncate(data: bytes, size: int) -> bytes:
    """The finest file of at most `size` bytes that is a coarser model of the same description; it says it was cut.

    A file that is small enough comes back as it is. Raises `ParameterError` for a file that is not described in
    passes, `TargetError` naming the least size if `size` is below that.
    """
    from surp.codec._truncate import shortened

    return shortened(data, size)


def describe(data: bytes) -> dict[str, Any]:
    """What is in a file, as plain JSON types: version, quantizer, coder, tensors, blocks, bytes. Decodes all of it.

    `bits_per_weight` is 8 x bytes of the file over its floating-point elements. Raises `CorruptFileError`.
    """
    from surp.codec._describe import facts

    return facts(data)


def warm_up(coder: str = "adaptive") -> None:
    """Compile or load the coder's kernels now, so that what follows can be timed."""
    from surp import registry

    registry.load("codec", coder).warm_up()


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Put the file's name before the message of a `CorruptFileError` raised inside."""
    try:
        yield
    except CorruptFileError as error:
        raise type(error)(f"{file}: {error}") from None
