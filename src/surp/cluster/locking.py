"""The check of what keeps two writers apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from surp import locks
from surp.cluster.findings import Finding, note, ok


def locking(folder: Path) -> Iterator[Finding]:
    """Whether this folder's file system has flock; without, another lock is used, which a killed process leaves."""
    if not os.access(folder, os.W_OK):  # told by the check of the space
        return
    if locks.has_flock(folder / f".surp-doctor-{os.getpid()}"):
        yield ok("locks", f"{folder} has flock")
    else:
        text = f"the file system of {folder} has no flock; files that name their writer (.*.owner) take its place"
        what = "nothing; but after a node has failed, delete those that name it, which a waiting stage says"
        yield note("locks", text, what)
