"""A file that a coder wrote without our frame: it holds floats, and says little else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from surp.codec.coder import load_coder, quantizes
from surp.codec.frame.container import FileBytes
from surp.codec.work import Work
from surp.errors import CorruptFileError, ParameterError, UnknownNameError
from surp.tensors.levels import Quantized
from surp.tensors.state import State


class PeerFile:
    """The same questions as `surp.codec.file.File` answers, as far as such a file can. elements: nothing says how
    many."""

    elements = 0
    passes = whole = 0
    is_whole = True

    def __init__(self, source: FileBytes, coder: str) -> None:
        self.coder = coder
        self.size = source.size
        self._data = source.read(0, source.size)

    @cached_property
    def _state(self) -> State:
        coder = load_coder(self.coder)
        assert quantizes(coder), "no other coder writes files of its own"
        return coder.decode_floats(self._data)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._state)

    def state(self, base: Mapping[str, NDArray[Any]] | None = None, work: Work | None = None) -> State:
        """Every tensor. Raises `CorruptFileError`."""
        return dict(self._state)

    def tensor(
        self, name: str, base: Mapping[str, NDArray[Any]] | None = None, work: Work | None = None
    ) -> NDArray[Any]:
        """One tensor; all of the file is decoded. Raises `UnknownNameError` for one that is not there."""
        if name not in self._state:
            raise UnknownNameError("tensor", name, self.names)
        return self._state[name]

    def model(self, passes: int | None = None, work: Work | None = None) -> Quantized:
        raise CorruptFileError(f"an own file of the coder {self.coder}, which holds no levels")

    def levels(self, work: Work | None = None) -> dict[str, NDArray[Any]]:
        raise CorruptFileError(f"an own file of the coder {self.coder}, which holds no levels")

    def truncate(self, size: int) -> bytes:
        raise ParameterError(f"an own file of the coder {self.coder} cannot be cut")
