"""Files in a tar archive, read in one pass without unpacking: nothing is ever written, so nothing can escape."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from surp.errors import DataError

_OPENERS = ((b"\x1f\x8b", gzip.open), (b"\xfd7zXZ", lzma.open), (b"BZh", bz2.open))


def members(
    archive: Path, wanted: Callable[[PurePosixPath], bool], most_bytes: int
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """(name, content) of the regular files for which `wanted(name)` is true, in the archive's order.

    Raises `DataError` naming archive and member: a name that is absolute or climbs out (`..`), a wanted member that
    is a link or a device or larger than `most_bytes`, a damaged or truncated archive.
    """
    try:
        with _open(archive) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    name = _safe_name(member, archive)
                    if not member.isdir() and wanted(name):
                        yield name, _content(tar, member, archive, most_bytes)
            # tarfile takes a cut between two members for the end; the decompressor knows better.
            while stream.read(1 << 20):
                pass
    except EOFError:
        raise DataError(f"{archive}: truncated after {archive.stat().st_size} bytes") from None
    except (tarfile.TarError, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{archive}: damaged or not a tar archive: {error}") from None
    except OSError as error:
        raise DataError(f"{archive}: cannot be read: {error.strerror or error}") from None


def _open(archive: Path) -> IO[bytes]:
    with archive.open("rb") as raw:
        start = raw.read(8)
    for magic, opener in _OPENERS:
        if start.startswith(magic):
            return cast(IO[bytes], opener(archive, "rb"))
    return archive.open("rb")


def _safe_name(member: tarfile.TarInfo, archive: Path) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise DataError(f"{archive}: member {member.name!r} points outside the archive")
    return name


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: Path, most_bytes: int) -> bytes:
    if not member.isreg():
        raise DataError(f"{archive}: member {member.name!r} is not a regular file")
    if member.size > most_bytes:
        raise DataError(f"{archive}: member {member.name!r} has {member.size} bytes; at most {most_bytes} are read")
    stream = tar.extractfile(member)
    content = stream.read() if stream else b""
    if len(content) != member.size:
        raise DataError(f"{archive}: truncated in member {member.name!r}")
    return content
