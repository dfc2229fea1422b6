"""The MNIST family: four IDX files in one folder, verified by the SHA-256 of their decompressed content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from surp.data.dataset import Dataset, Split
from surp.data.idx import parse, read_content
from surp.data.sources import Source, first_usable, in_folders, in_root
from surp.errors import DataError

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""Training images and labels, test images and labels, under the names their publishers gave them."""


@dataclass(frozen=True)
class IdxSet:
    """One set of the family.

    checksums: SHA-256 of the decompressed files in the order of `FILES`, per published variant; the files of one
    set must all be of one variant, because labels only fit images of the same order. folders: names looked for in
    the data root. system: folders a package may have installed. downloads: further sources, each a function of
    the work folder.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    checksums: Mapping[str, tuple[str, str, str, str]]
    folders: tuple[str, ...]
    system: tuple[Path, ...]
    downloads: tuple[tuple[str, Callable[[Path], Path]], ...]


def load_set(idx_set: IdxSet, root: Path | None, work: Path) -> Dataset:
    """The first usable source: data root, system folder, then the downloads in their order."""
    sources = [
        Source("data root", lambda: in_root(root, (*idx_set.folders, "."), _holds_any)),
        Source("system folder", lambda: in_folders(idx_set.system, _holds_any)),
        *(Source(name, partial(fetch, work)) for name, fetch in idx_set.downloads),
    ]
    return first_usable(idx_set.name, sources, lambda folder, source: read_folder(idx_set, folder, source))


def read_folder(idx_set: IdxSet, folder: Path, source: str) -> Dataset:
    """Read and verify the four files; raises `DataError` naming the file that is missing, damaged or unknown."""
    contents, variants = [], {}
    for position, stem in enumerate(FILES):
        path = _locate(folder, stem)
        if path is None:
            raise DataError(f"{folder}: lacks {stem} (plain or .gz)")
        contents.append((content := read_content(path), str(path)))
        variants[path.name] = _variant(idx_set, position, content, str(path))
    if len(set(variants.values())) > 1:
        mixed = ", ".join(f"{name} is {variant}" for name, variant in variants.items())
        raise DataError(f"{folder}: files of different variants, so labels do not fit images: {mixed}")
    images, labels, test_images, test_labels = (parse(content, where) for content, where in contents)
    return Dataset(
        name=idx_set.name,
        train=Split(images[:, np.newaxis], labels.astype(np.int64)),
        test=Split(test_images[:, np.newaxis], test_labels.astype(np.int64)),
        classes=idx_set.classes,
        source=next(iter(variants.values())),
        origin=source,
        title=idx_set.title,
    )


def _variant(idx_set: IdxSet, position: int, content: bytes, where: str) -> str:
    parse(content, where)  # a truncated file deserves its own message, not "unknown checksum"
    found = hashlib.sha256(content).hexdigest()
    for variant, hashes in idx_set.checksums.items():
        if hashes[position] == found:
            return variant
    known = ", ".join(f"{hashes[position]} ({variant})" for variant, hashes in idx_set.checksums.items())
    raise DataError(f"{where}: wrong checksum: decompressed SHA-256 is {found}; known: {known}")


def _holds_any(folder: Path) -> bool:
    """Whether any of the four is there: a folder with three of them is damaged, not absent."""
    return any(_locate(folder, stem) for stem in FILES)


def _locate(folder: Path, stem: str) -> Path | None:
    names = (stem, f"{stem}.gz", stem.replace("-idx", ".idx"))
    return next((folder / name for name in names if (folder / name).is_file()), None)
