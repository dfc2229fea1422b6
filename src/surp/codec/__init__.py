"""The `.surp` file: integer levels to bytes, and back. One coder a file of this folder; `docs/format.md` is the format.

A coder holds `PRESETS`, `Parameters`, the pair `encode_plain` / `decode_plain` and more (`surp.codec.interface`).
Importing this package imports no kernel; the functions import what they need when they are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from surp.errors import CorruptFileError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surp.codec.lanes import Work
    from surp.tensors.kept import Kept
    from surp.tensors.layout import State
    from surp.tensors.levels import Quantized


def encode_levels(
    levels: Mapping[str, NDArray[Any]],
    *,
    coder: str = "adaptive",
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    work: Work | None = None,
) -> bytes:
    """Code integer tensors without loss: any integer dtype and bool, any shape, 0-d and empty ones too.

    The byte order of the arrays and the order of the names are not kept. settings: the coder's parameters but the
    preset; work: threads and progress, here and below; nothing of it is in the bytes. Raises `ParameterError` for
    another dtype or a bad setting, `UnknownNameError` for a coder or preset that is not there.
    """
    from surp.codec.write import Way, levels_file

    return levels_file(levels, Way(coder, preset, settings or {}, work))


def decode_levels(data: bytes, *, work: Work | None = None) -> dict[str, NDArray[Any]]:
    """Inverse of `encode_levels`: names, dtypes, shapes and values. Raises `CorruptFileError`."""
    from surp.codec.assemble import read

    contents = read(data, "levels", work=work)
    return {tensor.name: contents.levels[tensor.name] for tensor in contents.header.tensors}


def encode(
    model: Quantized | Kept,
    *,
    coder: str = "adaptive",
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    work: Work | None = None,
) -> bytes:
    """A complete file of a model: everything that `model` says, one block for each pass of an embedded description.

    A coder that knows no passes writes those levels as plain ones. A model that is `Kept` becomes an exact file, or,
    of a coder that quantizes by itself, a file of that coder's own. Raises `ParameterError` where the parts of `model`
    do not fit together.
    """
    from surp.codec.write import Way, model_file

    return model_file(model, Way(coder, preset, settings or {}, work))


def decode(data: bytes, *, passes: int | None = None, partial: bool = False, work: Work | None = None) -> Quantized:
    """Inverse of `encode`, from the bytes and nothing else.

    passes: decode the first passes only, 1 to P: a coarser, sparser model of its own (its `passes` is that number)
    whose levels lack the bits of the passes left out. partial: of a file that ends early, the passes that are whole.
    Raises `CorruptFileError`, `TruncatedFileError` for a file that ends early, or with `partial` before its first pass
    does, and `ParameterError` for a number of passes that is not there.
    """
    from surp.codec.assemble import read
    from surp.codec.read import model_of

    if passes is not None and passes < 1:
        raise ParameterError(f"passes: {passes}; allowed: 1 or more")
    return model_of(read(data, "model", passes, partial, work), passes)


def encode_exact(
    state: State,
    dtypes: Mapping[str, str],
    *,
    coder: str = "adaptive",
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    work: Work | None = None,
) -> bytes:
    """A complete file that gives every bit back: of floats (-0, and what a NaN carries, too), integers and bool.

    dtypes: the type of each tensor; `bfloat16` for float32 arrays that hold bfloat16 values. Raises `ParameterError`
    for a tensor of which bits would be lost.
    """
    from surp.codec.write import Way, exact_file

    return exact_file(state, dtypes, Way(coder, preset, settings or {}, work))


def decode_state(
    data: bytes, *, coder: str | None = None, partial: bool = False, work: Work | None = None
) -> tuple[State, dict[str, str]]:
    """What any file holds, by name: arrays (of a model its values), and the type of each.

    numpy has no bfloat16: such tensors are float32 arrays of bfloat16 values. int8 rows with scales
    (`surp.tensors.kept`) are float32 tensors. coder: of a file that does not say it; partial: as in `decode`. Raises
    `ParameterError` if the file is of another coder.
    """
    from surp.codec.read import state_of

    return state_of(data, coder, partial, work)


def coder_of(data: bytes, coder: str | None = None, *, partial: bool = False) -> str:
    """The coder of a file, as it says; of one that says nothing, `coder`. Raises as `decode_state` does."""
    from surp.codec.read import name_of_coder

    return name_of_coder(data, coder, partial)


def elements(data: bytes, *, partial: bool = False) -> int:
    """Elements of all tensors of a file, by its header; 0 for a coder's own file, which has none of ours.

    Raises `CorruptFileError`, as decoding it would.
    """
    from surp.codec.read import elements_of

    return elements_of(data, partial)


def whole_passes(data: bytes) -> tuple[int, int] | None:
    """Of a file that ends early: how many passes are whole, and how many it had; None for a whole file.

    Every checksum there is is verified. Raises `CorruptFileError`.
    """
    from surp.codec.frame.container import open_file

    header, blocks, _ = open_file(data, partial=True)
    if len(blocks) == len(header.blocks) - bool(header.padding):
        return None
    return max(0, len(blocks) - bool(header.plain)), header.passes


def truncate(data: bytes, size: int) -> bytes:
    """The finest file of at most `size` bytes that is a coarser model of the same description; it says it was cut.

    A file that is small enough comes back as it is. Raises `ParameterError` for a file that is not described in
    passes, `TargetError` naming the least size if `size` is below that.
    """
    from surp.codec.passes.truncate import shortened

    return shortened(data, size)


def describe(data: bytes) -> dict[str, Any]:
    """What is in a file, as plain JSON types: version, quantizer, coder, tensors, blocks, bytes. Decodes all of it.

    `bits_per_weight` is 8 x bytes of the file over its floating-point elements. Raises `CorruptFileError`.
    """
    from surp.codec.facts import facts

    return facts(data)


def warm_up(coder: str = "adaptive") -> None:
    """Compile or load the coder's kernels now, so that what follows can be timed."""
    from surp import registry

    registry.load("coders", coder).warm_up()


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Put the file's name before the message of a `CorruptFileError` raised inside."""
    try:
        yield
    except CorruptFileError as error:
        raise type(error)(f"{file}: {error}") from None
