"""Coders by name, and what a coder is: a file of `coders/` with the names of `Coder`.

Some can do more: `PassCoder` codes magnitudes bit plane after bit plane, `FloatCoder` quantizes by itself and writes
files without our frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from surp import registry
from surp.codec.frame.header import Header
from surp.codec.frame.piece import Piece
from surp.codec.scan import Levels, Scan
from surp.errors import CorruptFileError, UnknownNameError
from surp.parameters import Frozen
from surp.tensors.state import State


class Coder(Protocol):
    """PRESETS: their names. LANES: whether tensors may be cut into lanes, which it then codes apart."""

    PRESETS: tuple[str, ...]
    LANES: bool
    Parameters: type[Frozen]

    def encode_plain(self, tensors: Iterable[tuple[Scan, Levels]], parameters: Any) -> bytes:
        """Code integers, tensor after tensor."""

    def decode_plain(
        self, piece: Piece, scans: Sequence[Scan], preset: str
    ) -> tuple[Sequence[Levels], Sequence[float | None]]:
        """Inverse of `encode_plain`: levels, and the bits each tensor took, None where the coder cannot tell."""

    def warm_up(self) -> None:
        """Compile or load now what the first call would compile or load."""


class PassCoder(Coder, Protocol):
    """A coder that knows passes."""

    def encode_passes(self, tensors: Sequence[Levels], passes: int, parameters: Any) -> Iterator[bytes]:
        """Code int32 levels, |level| < 2^passes, most significant bit first: one code for each pass."""

    def decode_passes(
        self, pieces: Sequence[Piece], shapes: Sequence[tuple[int, ...]], passes: int, preset: str
    ) -> tuple[list[Levels], list[list[float]]]:
        """Inverse of `encode_passes` from the first pieces: levels, and the bits of each tensor in each piece."""


class FloatCoder(Coder, Protocol):
    """A coder that takes floats as they are. OF_FLOATS: parameters that are read of floats only, not of levels."""

    OF_FLOATS: tuple[str, ...]

    def encode_floats(self, state: State, parameters: Any) -> bytes:
        """A file of the coder's own."""

    def decode_floats(self, data: bytes) -> State:
        """Inverse of `encode_floats`, up to quantization."""


def load_coder(coder: str, preset: str = "default") -> Coder:
    """The coder of that name. Raises `UnknownNameError` for a coder or preset that is not there."""
    module: Coder = registry.load("coders", coder)
    if preset not in module.PRESETS:
        raise UnknownNameError(f"preset of coder {coder}", preset, module.PRESETS)
    return module


def parse(coder: str, preset: str, settings: Mapping[str, Any] | None = None) -> tuple[Coder, Frozen]:
    """The coder and its parameters: the preset, and the others by `settings`. Raises `ParameterError` for a bad one."""
    module = load_coder(coder, preset)
    return module, module.Parameters.parse({"preset": preset, **(settings or {})}, f"coders.{coder}")


def coder_of(header: Header) -> Coder:
    """The coder that wrote a file; what this program's coder lacks is the file's fault, not the user's."""
    try:
        module = load_coder(header.coder, header.preset)
    except UnknownNameError as error:
        raise CorruptFileError(f"block header: {error}") from None
    if header.embedded and not has_passes(module):
        raise CorruptFileError(f"block header: tensors described in passes, which coder {header.coder} does not know")
    if header.lanes != module.LANES:
        raise CorruptFileError(f"block header: lanes {header.lanes}, but coder {header.coder} has {module.LANES}")
    return module


def has_passes(coder: Coder) -> TypeGuard[PassCoder]:
    return hasattr(coder, "encode_passes")


def quantizes(coder: Coder) -> TypeGuard[FloatCoder]:
    """Whether the coder takes floats as they are."""
    return hasattr(coder, "encode_floats")
