"""Layouts that the package ships: names, shapes and dtypes of networks that everybody has. A file names them by number.

`layout_files/<number>-<name>.json` is data of the format: a file that is there never changes, and no number is used
twice.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from surp.codec.frame.header import TensorEntry

_FOLDER = Path(__file__).parent / "layout_files"
COUNT = 3


@cache
def _entries(number: int) -> tuple[TensorEntry, ...]:
    (path,) = _FOLDER.glob(f"{number}-*.json")
    return tuple(TensorEntry(name, tuple(shape), dtype) for name, dtype, shape in json.loads(path.read_text()))


def entries_of(number: int) -> tuple[TensorEntry, ...] | None:
    """The tensors, by name; None for a number that is not known."""
    return _entries(number) if 1 <= number <= COUNT else None


def find(tensors: tuple[TensorEntry, ...]) -> int:
    """The number of the layout that these tensors have, or 0."""
    return next((number for number in range(1, COUNT + 1) if _entries(number) == tensors), 0)
