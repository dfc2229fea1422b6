"""Whole files, atomically: a unique temporary name, then rename, under a lock on the output.

A stage that is killed leaves no half-written output; what it left under a temporary name is removed by the next
writer. Two writers of one output never meet: the second waits for the first.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from surp import locks
from surp.errors import SurpError


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the lock of `output` (`surp.locks`), waiting for another writer if there is one."""
    with ExitStack() as stack:
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locks.hold(output))
        except OSError as error:
            raise _explained(error, output) from error
        for stale in output.parent.glob(f".{glob.escape(output.name)}.*.tmp"):
            remove(stale)
        yield


@contextmanager
def atomic(output: Path) -> Iterator[Path]:
    """Yield a temporary path; on success it becomes `output`, on any failure it is removed.

    Raises `SurpError` with the free space when the disk is full.
    """
    temporary = output.with_name(f".{output.name}.{uuid.uuid4().hex[:8]}.tmp")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
        if temporary.is_file():
            _flush(temporary)
        temporary.replace(output)
    except OSError as error:
        raise _explained(error, output) from error
    finally:
        if temporary.exists():
            remove(temporary)


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_bytes(output: Path, content: bytes) -> None:
    with atomic(output) as temporary:
        temporary.write_bytes(content)


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SurpError(f"{path}: no such file") from None


def write_json(output: Path, content: Any) -> None:
    write_bytes(output, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise SurpError(f"{path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SurpError(f"{path}: not a JSON file: {error}") from None


def digest(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise SurpError(f"{path}: no such file") from None


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _explained(error: OSError, output: Path) -> SurpError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(output.parent).free
        return SurpError(f"{output}: no space left on the disk ({free / 1e6:.1f} MB free); nothing was written")
    return SurpError(f"{output}: cannot be written: {error.strerror or error}; nothing was written")
