"""The header's own code: small integers and names, by adaptive binary decisions in plain Python.

One number after the other, each in the context of its column; names by what followed the same letters before. All
of it is integer arithmetic, so the bytes depend on no library. `Writer` and `Reader` differ in `bit` only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from functools import cache

from surp.codec.frame import wire
from surp.errors import CorruptFileError, UnsupportedFileError
from surp.tensors.dtypes import is_float

_CERTAIN = 1 << 16
_LEAST = 48
_MASK = 0xFFFFFFFF
_RATES = tuple(131072 // (2 * n + 3) for n in range(61))
_ORDERS = 6
"""Letters before that a letter is predicted from: 0 to 5."""
_END = 0

Key = Hashable


class _Code(ABC):
    """Estimates by context, and how numbers and names become decisions."""

    def __init__(self) -> None:
        self.low, self.high = 0, _MASK
        self.decisions = 0
        self.cells: dict[Key, list[int]] = {}
        self.last: dict[Key, int] = {}
        self.name = b""
        self.primed: Mapping[Key, tuple[int, int]] = {}

    @abstractmethod
    def bit(self, keys: Sequence[Key], bit: int) -> int:
        """Code one decision in the contexts `keys`, the most telling last; none means equal chances."""

    def number(self, column: Key, value: int = 0) -> int:
        """0 <= value < 2^63 - 1: whether it is the column's one before; else its bit length in unary, and its bits."""
        before = self.last.get(column)
        if before is not None and self.bit([(column, "same")], int(value == before)):
            return before
        wanted = (value + 1).bit_length() - 1
        length = 0
        while length < 62 and self.bit([(column, "length", length)], int(length < wanted)):
            length += 1
        result = self._digits(column, length, value + 1)
        self.last[column] = result
        return result

    def wide(self, column: Key, value: int = 0) -> int:
        """The same for numbers that are large and never repeat: the bit length has six digits of its own."""
        length = self._tree((column, "length"), 6, (value + 1).bit_length() - 1)
        if length > 62:
            raise self.fail("an integer of more than 63 bits")
        return self._digits(column, length, value + 1)

    def signed(self, column: Key, value: int = 0) -> int:
        """Any sign, by `wide`: 0, -1, 1, -2, ... are 0, 1, 2, 3, ..."""
        coded = self.wide(column, 2 * value if value >= 0 else -2 * value - 1)
        return -(coded + 1) // 2 if coded & 1 else coded // 2

    def text(self, value: str = "") -> str:
        """A name: how many bytes it shares with the name before, and the rest, to a zero byte."""
        raw = value.encode()
        shared = self.number("shared", _shared(self.name, raw))
        if shared > len(self.name):
            raise self.fail(f"a name that shares {shared} bytes with one of {len(self.name)}")
        self.primed = self.primed or _primed()
        name = bytearray(self.name[:shared])
        while True:
            letter = self._letter(name, raw[len(name)] if len(name) < len(raw) else _END)
            if letter == _END:
                break
            name.append(letter)
        self.name = bytes(name)
        try:
            return self.name.decode()
        except UnicodeDecodeError:
            raise self.fail("a name that is not UTF-8") from None

    def fail(self, reason: str) -> CorruptFileError:
        return CorruptFileError(f"block header: {reason}")

    def _digits(self, column: Key, length: int, value: int) -> int:
        """The `length` bits below the leading one of `value`, the first three with contexts; less one."""
        result = 1
        for place in range(length - 1, -1, -1):
            keys = [(column, length, result)] if length - place <= 3 else []
            result = 2 * result + self.bit(keys, (value >> place) & 1)
        return result - 1

    def _tree(self, context: Key, bits: int, value: int) -> int:
        node = 1
        for place in range(bits - 1, -1, -1):
            node = 2 * node + self.bit([(context, node)], (value >> place) & 1)
        return node - (1 << bits)

    def _letter(self, before: bytearray, letter: int) -> int:
        contexts = [bytes(before[max(len(before) - order, 0) :]) for order in range(1, _ORDERS)]
        node = 1
        for place in range(7, -1, -1):
            keys = [node, *((node, context) for context in contexts)]
            node = 2 * node + self.bit(keys, (letter >> place) & 1)
        return node - 256

    def _chance(self, keys: Sequence[Key]) -> tuple[int, list[list[int]]]:
        """Of a 1, in 65536ths: the contexts' estimates, weighted by how often they were seen and how much they tell."""
        if not keys:
            return _CERTAIN >> 1, []
        found = [self.cells.get(key) or self._new(key) for key in keys]
        total, weights = _CERTAIN >> 1, 1
        for order, (chance, count) in enumerate(found):
            weight = count << (3 * order + 2)
            total += weight * chance
            weights += weight
        return min(max(total // weights, _LEAST), _CERTAIN - _LEAST), found

    def _new(self, key: Key) -> list[int]:
        self.cells[key] = cell = list(self.primed.get(key, (_CERTAIN >> 1, 0)))
        return cell


def _learn(found: Sequence[list[int]], bit: int) -> None:
    for cell in found:
        cell[0] += (((bit << 16) - cell[0]) * _RATES[cell[1]]) >> 16
        cell[1] = min(cell[1] + 1, len(_RATES) - 1)


def _shared(before: bytes, name: bytes) -> int:
    count = 0
    while count < min(len(before), len(name)) and before[count] == name[count]:
        count += 1
    return count


class _Teacher(_Code):
    def bit(self, keys: Sequence[Key], bit: int) -> int:
        _learn(self._chance(keys)[1], bit)
        return bit


@cache
def _primed() -> Mapping[Key, tuple[int, int]]:
    """Estimates of letters that have seen the dictionary."""
    teacher = _Teacher()
    for word in wire.DICTIONARY.encode().split(b" "):
        for index in range(len(word) + 1):
            teacher._letter(bytearray(word[:index]), word[index] if index < len(word) else _END)
    return {key: (chance, count) for key, (chance, count) in teacher.cells.items()}


class Writer(_Code):
    """Makes the code."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = bytearray()

    def bit(self, keys: Sequence[Key], bit: int) -> int:
        self.decisions += 1
        chance, found = self._chance(keys)
        middle = self.low + (((self.high - self.low) * chance) >> 16)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while not (self.low ^ self.high) >> 24:
            self.bytes.append(self.high >> 24)
            self.low, self.high = (self.low << 8) & _MASK, (self.high << 8) & _MASK | 255
        _learn(found, bit)
        return bit

    def finish(self) -> bytes:
        """The code: the shortest that falls into the interval, and zeros where it took too many decisions."""
        if self.low:
            self.bytes.append(self.high >> 24)
        missing = self.decisions - wire.FREE_DECISIONS - wire.DECISIONS_PER_BYTE * len(self.bytes)
        return bytes(self.bytes) + bytes(max(0, -(-missing // wire.DECISIONS_PER_BYTE)))


class Reader(_Code):
    """Inverse of `Writer`: values handed in mean nothing, those returned were read. Raises `CorruptFileError`."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data
        self.position = 4
        self.number_read = int.from_bytes(data[:4].ljust(4, b"\0"))
        self.limit = wire.FREE_DECISIONS + wire.DECISIONS_PER_BYTE * len(data)

    def bit(self, keys: Sequence[Key], bit: int) -> int:
        self.decisions += 1
        if self.decisions > self.limit:
            raise self.fail(f"more than {self.limit} decisions in {len(self.data)} bytes")
        chance, found = self._chance(keys)
        middle = self.low + (((self.high - self.low) * chance) >> 16)
        bit = int(self.number_read <= middle)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while not (self.low ^ self.high) >> 24:
            following = self.data[self.position] if self.position < len(self.data) else 0
            self.position += 1
            if self.position > len(self.data) + 4:
                raise self.fail("its code goes on after its last byte")
            self.number_read = (self.number_read << 8) & _MASK | following
            self.low, self.high = (self.low << 8) & _MASK, (self.high << 8) & _MASK | 255
        _learn(found, bit)
        return bit

    def pick(self, column: str, table: Mapping[str, int]) -> str:
        """The word whose wire id is next."""
        wire_id = self.number(column)
        for word, known in table.items():
            if wire_id == known:
                return word
        known_ids = ", ".join(f"{i} {w}" for w, i in table.items())
        raise self.fail(f"{column} id {wire_id}; known: {known_ids}")

    def fail(self, reason: str) -> CorruptFileError:
        return CorruptFileError(f"block header, byte {min(self.position - 4, len(self.data))} of its content: {reason}")

    def integer_type(self) -> str:
        """A dtype that levels may have."""
        dtype = self.pick("level dtype", wire.DTYPES)
        if is_float(dtype):
            raise self.fail(f"levels of dtype {dtype}; allowed: integers and bool")
        return dtype

    def unknown(self, what: str) -> UnsupportedFileError:
        return UnsupportedFileError(
            f"block header: {what}, which this program does not know and cannot do without; a newer one wrote this file"
        )

    def finish(self) -> None:
        """Check that the code ends where its bytes do, or that zeros follow."""
        if any(self.data[self.position :]):
            raise self.fail("bytes too many")
