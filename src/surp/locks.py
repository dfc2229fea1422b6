"""A lock on a file that is written: a hidden file beside it. Two writers never meet, the second waits for the first.

Where the file system has no flock, the hidden file's existence is the lock, and it tells the process that made it: one
of this machine that has ended is succeeded by the next writer. Whether one of another machine has ended cannot be
seen; it is waited for as long as `PATIENCE`.

The library filelock does not fit: it leaves its files beside every output, takes its other lock only where flock is not
implemented (not on network file systems without locks or support for it), and costs 15 ms of every stage's start.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from surp.errors import SurpError
from surp.process import Process, this_process

NO_FLOCK = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What file systems without flock answer."""
PATIENCE = 600.0
"""Seconds to wait for a writer that cannot be seen."""
PAUSE = 0.2


def has_flock(path: Path) -> bool:
    """Whether the file system can lock the file at `path`, which is made and removed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in NO_FLOCK
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)
    return True


@contextmanager
def hold(output: Path) -> Iterator[None]:
    """Hold the lock of `output`, waiting for another writer if there is one."""
    path = output.with_name(f".{output.name}.lock")
    descriptor = _lock(path, output)
    owned = output.with_name(f".{output.name}.owner")
    if descriptor is None:
        path.unlink(missing_ok=True)
        _own(owned, output)
    try:
        yield
    finally:
        (owned if descriptor is None else path).unlink(missing_ok=True)
        if descriptor is not None:
            os.close(descriptor)


def _lock(path: Path, output: Path) -> int | None:
    """An open, locked descriptor of `path`; None where there is no flock. Such locks end with their process."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say_waiting(output, "another process")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            os.close(descriptor)
            if error.errno in NO_FLOCK:
                return None
            raise
        # The holder before may have removed the file between our opening and locking it: then it locks nothing.
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def _own(path: Path, output: Path) -> None:
    """Make `path`, which only one process can, and write into it who did."""
    deadline = time.monotonic() + PATIENCE
    waited = False
    while not _made(path):
        owner = _owner(path)
        state = owner.state() if owner else "elsewhere"
        if state == "ended" and _removed(path, owner):
            continue
        if state == "runs":
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            who = owner or "a process that did not say which"
            raise SurpError(f"{output}: is being written by {who}; wait for it or, if it has ended, delete {path}*")
        if not waited:
            _say_waiting(output, str(owner or "another process"))
        waited = True
        time.sleep(PAUSE)


def _made(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as stream:
        json.dump(asdict(this_process()), stream)
    return True


def _owner(path: Path) -> Process | None:
    """Who made `path`; None if it is gone, or not written yet."""
    try:
        return Process(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _removed(path: Path, owner: Process | None) -> bool:
    """Remove what an ended process left, one remover at a time: another writer may have taken its place meanwhile."""
    guard = path.with_name(f"{path.name}.remove")
    if not _made(guard):
        return False
    try:
        if _owner(path) == owner:
            path.unlink(missing_ok=True)
    finally:
        guard.unlink(missing_ok=True)
    return True


def _say_waiting(output: Path, owner: str) -> None:
    print(f"waiting: {owner} is writing {output}", file=sys.stderr, flush=True)
