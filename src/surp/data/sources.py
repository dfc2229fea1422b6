"""Sources of a named set, tried in order: a source that fails says why, and one error lists them all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from surp.errors import DataError

T = TypeVar("T")


class SourceError(DataError):
    """A source that has nothing to offer: not configured, not installed, not reachable."""


@dataclass(frozen=True)
class Source:
    """name: how messages and the data set's `source` call it. find: the folder or file that it offers; raises
    `SourceError` with the reason if it has none."""

    name: str
    find: Callable[[], Path]


def first_usable(what: str, sources: Sequence[Source], read: Callable[[Path, str], T]) -> T:
    """The result of `read(path, source name)` at the first source that has the data and has it whole.

    An absent source is passed over in silence; one that holds damaged data is named on stderr first. Raises
    `DataError` with each source and its reason when none is usable.
    """
    reasons = []
    for source in sources:
        try:
            path = source.find()
        except (SourceError, OSError) as error:
            reasons.append(f"{source.name}: {error}")
            continue
        try:
            return read(path, source.name)
        except (DataError, OSError) as error:
            reasons.append(f"{source.name}: {error}")
            print(f"warning: {what}: {source.name} not usable: {error}", file=sys.stderr, flush=True)
    raise DataError(f"{what}: no usable source. " + "; ".join(f"({i}) {r}" for i, r in enumerate(reasons, 1)))


def in_root(root: Path | None, names: Sequence[str], holds: Callable[[Path], bool]) -> Path:
    """The first of `names` under the data root for which `holds` is true."""
    if root is None:
        raise SourceError("none given (parameter data.root or environment variable SURP_DATA)")
    if not root.is_dir():
        print(f"warning: data root {root} is not a folder", file=sys.stderr, flush=True)
        raise SourceError(f"{root} is not a folder")
    for name in names:
        if holds(root / name):
            return root / name
    raise SourceError(f"{root} has none of {', '.join(name for name in names if name != '.')}")


def in_folders(folders: Sequence[Path], holds: Callable[[Path], bool]) -> Path:
    """The first of `folders` for which `holds` is true."""
    for folder in folders:
        if holds(folder):
            return folder
    raise SourceError(f"nothing in {', '.join(map(str, folders)) or '(none known)'}")
