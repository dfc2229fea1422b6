"""Your own pictures: a folder `{train,test}/<class>/<picture>`, or that folder packed as one tar archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from surp.data.archive import members
from surp.data.dataset import Dataset, Images, Split
from surp.data.parameters import DataParameters
from surp.errors import DataError

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp"})
_PACKED = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2")
_PARTS = ("train", "test")
_MOST_BYTES = 64 << 20  # of one picture's file
_Side = Annotated[int, Field(ge=1, le=4096)]

Found = tuple[str, str, str, Images]
"""(train or test, class, file name, picture)"""


class Parameters(DataParameters):
    """path: the folder or archive, under the data root or absolute; an archive's suffix may be left out.
    size: (height, width) that every picture is brought to; without it all must be of one size.
    channels: 1 grey, 3 colour. title: what figures call the set, by default the folder's name."""

    path: Path = Field(examples=["pictures"])
    size: tuple[_Side, _Side] | None = Field(default=None, examples=[(14, 14)])
    channels: Literal[1, 3] = 3
    title: str = Field(default="", examples=["Pictures"])

    @property
    def shape(self) -> tuple[int, int, int] | None:
        return (self.channels, *self.size) if self.size else None


def load(root: Path | None, parameters: Parameters, work: Path) -> Dataset:
    """Read all pictures into memory, in the order of class and file name; nothing is unpacked to disk."""
    place = _locate(root, parameters.path)
    found = list(_in_folder(place, parameters) if place.is_dir() else _in_archive(place, parameters))
    if not found:
        expected = f"{{train,test}}/<class>/*{{{','.join(sorted(_SUFFIXES))}}}"
        raise DataError(f"{place}: holds no pictures as {expected}")
    _check_shapes(found, place)
    classes = _classes(found, place)
    labels = {name: label for label, name in enumerate(classes)}
    splits = {part: _split([item for item in found if item[0] == part], labels) for part in _PARTS}
    kind = "folder" if place.is_dir() else "archive"
    return Dataset(
        name=_stem(place.name),
        train=splits["train"],
        test=splits["test"],
        classes=classes,
        source=f"image {kind} {place.name}",
        title=parameters.title or _stem(place.name),
    )


def _locate(root: Path | None, path: Path) -> Path:
    base = path if root is None else root / path
    for candidate in (base, *(base.with_name(base.name + suffix) for suffix in _PACKED)):
        if candidate.is_dir() or candidate.is_file():
            return candidate
    hint = "" if root or path.is_absolute() else "; no data root is given (data.root or SURP_DATA)"
    raise DataError(f"{base}: no such folder, nor an archive of that name ({', '.join(_PACKED)}){hint}")


def _stem(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in _PACKED if name.endswith(suffix)), name)


def _in_folder(folder: Path, parameters: Parameters) -> Iterator[Found]:
    from surp.data.images import decode

    for path in sorted(folder.glob("*/*/*")):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if relative.parts[0] in _PARTS and _is_picture(relative) and path.is_file():
            part, label, name = relative.parts
            yield part, label, name, decode(_read(path), str(path), parameters.channels, parameters.size)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def _in_archive(archive: Path, parameters: Parameters) -> Iterator[Found]:
    from surp.data.images import decode

    tops = set()
    for name, content in members(archive, _is_packed_picture, _MOST_BYTES):
        tops.add(name.parts[:-3])
        if len(tops) > 1:
            several = ", ".join(sorted("/".join(top) or "." for top in tops))
            raise DataError(f"{archive}: pictures under more than one top folder: {several}")
        where = f"{archive}: member {str(name)!r}"
        yield *name.parts[-3:], decode(content, where, parameters.channels, parameters.size)  # type: ignore[misc]


def _is_picture(name: PurePosixPath) -> bool:
    return name.suffix.lower() in _SUFFIXES and not name.name.startswith(".")


def _is_packed_picture(name: PurePosixPath) -> bool:
    return len(name.parts) in (3, 4) and name.parts[-3] in _PARTS and _is_picture(name)


def _check_shapes(found: Sequence[Found], place: Path) -> None:
    first = found[0]
    for item in found:
        if item[3].shape != first[3].shape:
            sizes = [f"{'/'.join(i[:3])} is {i[3].shape[1]} x {i[3].shape[2]}" for i in (first, item)]
            raise DataError(f"{place}: pictures of different sizes: {', '.join(sizes)}; set the parameter size")


def _classes(found: Sequence[Found], place: Path) -> tuple[str, ...]:
    in_part = {part: {item[1] for item in found if item[0] == part} for part in _PARTS}
    for part in _PARTS:
        if not in_part[part]:
            raise DataError(f"{place}: no pictures in {part}/")
    if unknown := sorted(in_part["test"] - in_part["train"]):
        raise DataError(f"{place}: test/ has classes that train/ lacks: {', '.join(unknown)}")
    return tuple(sorted(in_part["train"]))


def _split(found: Sequence[Found], labels: Mapping[str, int]) -> Split:
    ordered = sorted(found, key=lambda item: item[1:3])
    images = np.stack([item[3] for item in ordered])
    return Split(images, np.array([labels[item[1]] for item in ordered], dtype=np.int64))
