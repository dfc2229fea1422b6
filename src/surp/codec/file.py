"""A `.surp` file, opened once: its header is read and checked, and then it is asked for what it holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from threading import Lock
from typing import Any

from numpy.typing import NDArray

from surp.codec.decoder import Decoded, read
from surp.codec.frame import wire
from surp.codec.frame.container import FileBytes, check_size, open_header, read_piece
from surp.codec.frame.header import PiecePlace
from surp.codec.frame.piece import Piece
from surp.codec.passes.prefix import truncated
from surp.codec.truncate import check_passes, cut_to
from surp.codec.work import Work
from surp.errors import CorruptFileError, ParameterError, TruncatedFileError, UnknownNameError
from surp.tensors.forms import state_digest
from surp.tensors.levels import Quantized
from surp.tensors.state import State


class File:
    """A file of our frame.

    header: all its fields. header_bytes: of everything before the first piece. size: bytes of the file. places: where
    each piece is. whole: passes that are whole, fewer than `header.passes` only in a file that ends early.
    """

    def __init__(self, source: FileBytes, partial: bool = False) -> None:
        """Reads the header. partial: the file may end early. Raises `CorruptFileError`, `TruncatedFileError`."""
        self.size = source.size
        self.header, self.header_bytes, self._checksum = open_header(source)
        self._source = source
        self._reading = Lock()
        self.places = self.header.places(self.header_bytes, wire.CRC_BYTES)
        self._by_name = {(place.block, place.lane): place for place in self.places}
        last = self.places[-1] if self.places else None
        end = _end(last) if last else self.header_bytes
        if end < self.size:
            raise CorruptFileError(f"byte {end}: {self.size - end} bytes after the last block")
        check_size(self.header, self.size - self.header_bytes if partial else sum(self.header.lengths))
        self.whole = self.header.passes if end == self.size else self._whole_passes(partial, end)

    @property
    def coder(self) -> str:
        return self.header.coder

    @property
    def passes(self) -> int:
        """Of a description in passes, whole ones or not."""
        return self.header.passes

    @property
    def names(self) -> tuple[str, ...]:
        """Of the tensors, sorted."""
        return tuple(tensor.name for tensor in self.header.tensors)

    @property
    def elements(self) -> int:
        """Of all arrays that decoding goes through."""
        return sum(array.size for array in self.header.arrays)

    @property
    def is_whole(self) -> bool:
        """Whether the file does not end early."""
        return not self.places or self._is_there(self.places[-1])

    def model(self, passes: int | None = None, work: Work | None = None) -> Quantized:
        """The model that the first `passes` tell, by default all that are whole: a coarser, sparser one of its own.

        Its `passes` is that number, and its levels lack the bits of the passes left out. Raises `CorruptFileError`, and
        `ParameterError` for a number of passes that is not there.
        """
        if self.header.kind != "model":
            raise CorruptFileError(f"block header: the kind of the file is {self.header.kind!r}; wanted: 'model'")
        found = self.decode(passes, work)
        return self._model(found, found.levels.keys(), passes)

    def levels(self, work: Work | None = None) -> dict[str, NDArray[Any]]:
        """The integers of a file of bare levels. Raises `CorruptFileError`."""
        if self.header.kind != "levels":
            raise CorruptFileError(f"block header: the kind of the file is {self.header.kind!r}; wanted: 'levels'")
        found = self.decode(None, work)
        return {name: found.levels[name] for name in self.names}

    def state(self, base: Mapping[str, NDArray[Any]] | None = None, work: Work | None = None) -> State:
        """Every tensor: of a model its values. base: the model that a file of differences names.

        Raises `CorruptFileError`, and `ParameterError` for a base that is missing or another than the one named.
        """
        self._check_base(base)
        found = self.decode(None, work)
        return self._values(found, found.levels.keys(), base)

    def tensor(
        self, name: str, base: Mapping[str, NDArray[Any]] | None = None, work: Work | None = None
    ) -> NDArray[Any]:
        """One tensor, from the pieces of the lanes that it stands in; nothing else of the file is read.

        Raises `UnknownNameError` for a tensor that is not there, and as `state` does.
        """
        if name not in self.names:
            raise UnknownNameError("tensor", name, self.names)
        self._check_base(base)
        form = self.header.forms.get(name)
        wanted = form.components if form else (name,)
        found = read(self.header, self.piece, self.whole, wanted, work)
        return self._values(found, wanted, base)[name]

    def truncate(self, size: int) -> bytes:
        """The finest file of at most `size` bytes that is a coarser model of the same description; it says it was cut.

        A file that is small enough comes back as it is. Raises `ParameterError` for a file that is not described in
        passes, `TargetError` naming the least size if `size` is below that.
        """
        check_passes(self.header)
        if self.size <= size:
            return self._source.read(0, self.size)
        fixed = next(place.offset for place in self.places if place.block == "pass 1")
        return cut_to(self.header, self.decode().levels, size, fixed)

    def decode(self, passes: int | None = None, work: Work | None = None) -> Decoded:
        """All arrays, and what each took; of passes the first ones, by default all that are whole. A file that is read
        whole is checked whole. Raises as `model` does."""
        there = self.whole if self.header.embedded else 0
        if passes is not None and not 1 <= passes <= there:
            raise ParameterError(f"passes: {passes}; this file has {there}")
        found = read(self.header, self.piece, self.whole if passes is None else passes, None, work)
        for place in self.places if passes is None else ():
            if place.block == "padding" and self._is_there(place):
                self.piece(place.block, place.lane)
        return found

    def _values(self, found: Decoded, names: Collection[str], base: Mapping[str, NDArray[Any]] | None) -> State:
        """The tensors that the arrays of these names make. Raises `CorruptFileError` where a form makes no sense."""
        try:
            state = self._model(found, names, None).state(base)
        except ValueError as error:
            raise CorruptFileError(f"block header: {error}") from None
        return {name: state[name] for name in self.names if name in state}

    def _model(self, found: Decoded, names: Collection[str], passes: int | None) -> Quantized:
        """The model of some arrays, with those forms that have all their components."""
        header = self.header
        arrays = {array.name: array for array in header.arrays if array.name in names}
        tail = header.tail if header.tail and header.tail.name in arrays else None
        whole = Quantized(
            levels={name: found.levels[name] for name in arrays},
            maps={name: array.map for name, array in arrays.items()},
            dtypes={name: array.dtype for name, array in arrays.items()},
            quantizer=header.quantizer,
            passes=header.passes,
            embedded=tuple(name for name, array in arrays.items() if array.embedded),
            tail=tail,
            forms={name: form for name, form in header.forms.items() if arrays.keys() >= {*form.components}},
        )
        told = self.whole if passes is None else passes
        if told == header.passes or not whole.embedded:
            return whole
        return truncated(whole, told, header.points)

    def _check_base(self, base: Mapping[str, NDArray[Any]] | None) -> None:
        if not self.header.base:
            return
        meant = self.header.base.hex()
        if base is None:
            raise ParameterError(f"this file tells differences; it needs the base model with the SHA-256 {meant}")
        if (found := state_digest(dict(base))) != self.header.base:
            raise ParameterError(f"base: its SHA-256 is {found.hex()}; this file is told against {meant}")

    def piece(self, block: str, lane: int) -> Piece:
        """A piece, its checksum verified."""
        with self._reading:
            return read_piece(self._source, self._by_name[block, lane], self._checksum)

    def _is_there(self, place: PiecePlace) -> bool:
        return _end(place) <= self.size

    def _whole_passes(self, partial: bool, end: int) -> int:
        """Passes that are whole in a file that ends early. Raises `TruncatedFileError` if that is none."""
        missing = next(place for place in self.places if not self._is_there(place))
        if not partial:
            raise TruncatedFileError(
                f"block {missing.block} at byte {missing.offset}: the file ends at byte {self.size}; "
                f"its header says {end} bytes"
            )
        if not self.header.embedded:
            raise TruncatedFileError(
                f"byte {self.size}: the file ends early, and it has no passes that parts of it could tell"
            )
        number = missing.block.removeprefix("pass ")
        whole = int(number) - 1 if number.isdigit() else self.header.passes * (missing.block == "padding")
        if not whole:
            first = max(_end(place) for place in self.places if place.block == "pass 1")
            raise TruncatedFileError(
                f"byte {self.size}: the file ends before its first pass does; its first {first} bytes do"
            )
        return whole


def _end(place: PiecePlace) -> int:
    """The byte after a piece and its checksum."""
    return place.offset + place.length + wire.CRC_BYTES * (place.length > 0)
