"""CIFAR-10: 50,000 + 10,000 photographs, 32 x 32 colour, 10 classes (Krizhevsky, 2009).

Read from the publisher's *binary* version (`cifar-10-binary.tar.gz`, or `cifar-10-batches-bin/` unpacked). The
better-known python version is a set of pickles, and loading a pickle can execute whatever its author liked, so it is
refused even where it is all there is. Both versions hold the same images in the same order.

Source of format and MD5: https://www.cs.toronto.edu/~kriz/cifar.html; the archive's SHA-256 is of that same file.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from surp.data import from_torchvision
from surp.data.archive import members
from surp.data.dataset import Dataset, Split
from surp.data.parameters import DataParameters
from surp.data.sources import Source, SourceError, first_usable, in_folders, in_root
from surp.errors import DataError

TITLE = "CIFAR-10"
_ARCHIVE = "cifar-10-binary.tar.gz"
_FOLDER = "cifar-10-batches-bin"
_PICKLED = ("cifar-10-batches-py", "cifar-10-python.tar.gz")
_URL = f"https://www.cs.toronto.edu/~kriz/{_ARCHIVE}"
_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
_SYSTEM = ("/usr/share/datasets/cifar10", "/usr/local/share/datasets/cifar10")
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = ("test_batch.bin",)
_RECORD = 1 + 3 * 32 * 32  # one byte of label, then the pixels, plane by plane

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


@dataclass(frozen=True)
class Release:
    """What the publisher's files are: SHA-256 of the archive, records in each of the six batches."""

    sha256: str = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    records: int = 10_000


class Parameters(DataParameters):
    """There is nothing to choose."""

    TRAINING_IMAGES = 50_000
    SHAPE = (3, 32, 32)


def load(root: Path | None, parameters: Parameters, work: Path) -> Dataset:
    """Data root, system folder, torchvision's downloader: the first that has the data whole."""
    return load_published(Release(), root, work)


def load_published(published: Release, root: Path | None, work: Path) -> Dataset:
    """`load`, for files of the given checksum and size."""
    names = tuple(f"{top}{name}" for top in ("", "cifar10/", "CIFAR10/") for name in (_ARCHIVE, _FOLDER))
    sources = [
        Source("data root", lambda: _in_root(root, (*names, "cifar10", "."))),
        Source("system folder", lambda: in_folders([*map(Path, _SYSTEM)], _is_there)),
        Source("torchvision's download", lambda: from_torchvision.download_file(_URL, _MD5, work)),
    ]
    return first_usable("cifar10", sources, lambda path, source: read(published, path, source))


def read(published: Release, path: Path, source: str) -> Dataset:
    """The data set from the archive or from the folder of its batches.

    The archive is verified by SHA-256. The publisher gives no sums of the single batches, so a folder is checked by
    its sizes and by the number of images of each class, and `source` says that no checksum was compared.
    """
    batches = _from_folder(path) if path.is_dir() else _from_archive(path, published.sha256)
    train = _split([batches[name] for name in _TRAIN if name in batches], path)
    test = _split([batches[name] for name in _TEST if name in batches], path)
    for part, split, files in (("training", train, _TRAIN), ("test", test, _TEST)):
        counts = np.bincount(split.labels, minlength=len(CLASSES))
        expected = len(files) * published.records // len(CLASSES)
        if len(counts) != len(CLASSES) or (counts != expected).any():
            raise DataError(f"{path}: {part} images per class are {counts.tolist()} instead of {expected} each")
    content = "published original"
    if path.is_dir():
        content = "unpacked batches, sizes and class counts checked, no checksum compared"
        print(f"warning: CIFAR-10 from {path}: {content}", file=sys.stderr, flush=True)
    return Dataset("cifar10", train, test, CLASSES, content, TITLE, origin=source)


def _in_root(root: Path | None, names: tuple[str, ...]) -> Path:
    try:
        return in_root(root, names, _is_there)
    except SourceError as error:
        tops = [root / top for top in ("", "cifar10", "CIFAR10")] if root else []
        pickled = [top / name for top in tops for name in _PICKLED if (top / name).exists()]
        if not pickled:
            raise
        raise SourceError(
            f"{error}; {pickled[0]} is the pickled version, which is not read because loading a pickle can execute "
            f"code: get {_ARCHIVE} from {_URL}"
        ) from None


def _is_there(path: Path) -> bool:
    return (path.name == _ARCHIVE and path.is_file()) or any((path / name).is_file() for name in _TRAIN + _TEST)


def _from_folder(folder: Path) -> dict[str, bytes]:
    missing = [name for name in _TRAIN + _TEST if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder}: lacks {', '.join(missing)}")
    return {name: (folder / name).read_bytes() for name in _TRAIN + _TEST}


def _from_archive(archive: Path, sha256: str) -> dict[str, bytes]:
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise DataError(f"{archive}: wrong checksum: SHA-256 is {found}, the published archive's is {sha256}")

    def wanted(name: PurePosixPath) -> bool:
        return name.name in _TRAIN + _TEST

    return {name.name: content for name, content in members(archive, wanted, 64 << 20)}


def _split(batches: list[bytes], path: Path) -> Split:
    content = b"".join(batches)
    if not content or len(content) % _RECORD:
        raise DataError(f"{path}: batches of {len(content)} bytes, not a multiple of {_RECORD} (one image)")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, _RECORD)
    return Split(records[:, 1:].reshape(-1, *Parameters.SHAPE).copy(), records[:, 0].astype(np.int64))
