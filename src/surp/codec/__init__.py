"""The `.surp` file: integer levels to bytes, and back. `docs/format.md` is the format, `coders/` has one coder a file.

Importing this package imports no kernel; the functions import what they need when they are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from surp.errors import CorruptFileError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surp.codec.file import File
    from surp.codec.peers.file import PeerFile
    from surp.codec.work import Work
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
    from surp.codec.encoder import Coding
    from surp.codec.write import levels_file

    return levels_file(levels, Coding(coder, preset, settings, work))


def decode_levels(data: bytes, *, work: Work | None = None) -> dict[str, NDArray[Any]]:
    """Inverse of `encode_levels`: names, dtypes, shapes and values. Raises `CorruptFileError`."""
    return open(data).levels(work)


def encode(
    model: Quantized,
    *,
    coder: str = "adaptive",
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    base: Mapping[str, NDArray[Any]] | None = None,
    work: Work | None = None,
) -> bytes:
    """A complete file of a model: everything that `model` says, one block for each pass of an embedded description.

    A coder that knows no passes writes those levels as plain ones. Numbers without a map come back bit for bit
    (`surp.tensors.levels.as_they_are` makes a model of a state); of a model of such numbers only, a coder that
    quantizes by itself makes a file of its own. base: the model that tensors of the rule `difference` are told
    against. Raises `ParameterError` where the parts of `model` do not fit together.
    """
    from surp.codec.encoder import Coding
    from surp.codec.write import model_file

    return model_file(model, Coding(coder, preset, settings, work), base)


def decode(data: bytes, *, passes: int | None = None, partial: bool = False, work: Work | None = None) -> Quantized:
    """Inverse of `encode`, from the bytes and nothing else: `open(data, partial=partial).model(passes)`."""
    if passes is not None and passes < 1:
        raise ParameterError(f"passes: {passes}; allowed: 1 or more")
    return open(data, partial=partial).model(passes, work)


def open(source: bytes | BinaryIO, *, coder: str | None = None, partial: bool = False) -> File | PeerFile:
    """A file that is then asked for what it holds: its `state()`, its `model(passes)`, one `tensor(name)`.

    source: the bytes, or a file object that can seek, of which only what is asked for is read. coder: of a file that
    does not say it. partial: the file may end early; then its whole passes count. Raises `CorruptFileError`,
    `TruncatedFileError` for a file that ends early, or with `partial` before its first pass does, and `ParameterError`
    if the file is of another coder.
    """
    from surp.codec.coder import coder_of, load_coder, quantizes
    from surp.codec.file import File
    from surp.codec.frame.container import FileBytes
    from surp.codec.frame.wire import FOREIGN, MAGIC
    from surp.codec.peers.file import PeerFile

    opened = FileBytes(source)
    start = opened.read(0, max(len(first) for first in (MAGIC, *FOREIGN.values())))
    said = next((name for name, first in FOREIGN.items() if start.startswith(first)), None)
    if said is None and coder is not None and not start.startswith(MAGIC) and quantizes(load_coder(coder)):
        said = coder
    file = PeerFile(opened, said) if said else File(opened, partial)
    if isinstance(file, File):
        coder_of(file.header)
    if coder not in (None, file.coder):
        raise ParameterError(f"coder {coder}: this file was written by the coder {file.coder}")
    return file


def describe(file: File | PeerFile) -> dict[str, Any]:
    """What is in an opened file, as plain JSON types: version, quantizer, coder, tensors, blocks, bytes.

    Decodes all of it. Raises `CorruptFileError`.
    """
    from surp.codec.facts import facts

    return facts(file)


def warm_up(coder: str = "adaptive") -> None:
    """Compile or load the coder's kernels now, so that what follows can be timed."""
    from surp.codec.coder import load_coder

    load_coder(coder).warm_up()


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Put the file's name before the message of a `CorruptFileError` raised inside."""
    try:
        yield
    except CorruptFileError as error:
        raise type(error)(f"{file}: {error}") from None
