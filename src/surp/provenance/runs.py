"""Runs of the workflow in a folder: who runs it, and with which code and parameters it was planned.

The process that plans writes a record when its first job is about to start, and removes it in the end. Jobs find it by
an environment variable, also those that parse the workflow anew on another machine; `surp unlock` finds all of them.
"""

from __future__ import annotations

import atexit
import getpass
import json
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from surp.files import write_json
from surp.process import Process, this_process
from surp.provenance import sources
from surp.provenance.sources import Sources

VARIABLE = "SURP_RUN"
FOLDER = Path(".snakemake/surp")


@dataclass(frozen=True)
class Run:
    """process: Snakemake's; since: when it began; files: of the package, as planned; releases: of libraries;
    parameters: all of the configuration."""

    process: Process
    user: str
    since: str
    command: str
    files: Mapping[str, Any]
    releases: Mapping[str, str]
    parameters: Mapping[str, Any]

    @classmethod
    def of_this_process(cls, code: Sources, releases: Mapping[str, str], parameters: Mapping[str, Any]) -> Self:
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        return cls(this_process(), getpass.getuser(), since, command, code.everything(), releases, parameters)

    @cached_property
    def code(self) -> Sources:
        return sources.recorded(self.files)

    @property
    def path(self) -> Path:
        return FOLDER / f"run-{self.process.host}-{self.process.pid}.json"

    def begin(self) -> None:
        """Write the record; it goes when this process ends, unless it is killed."""
        write_json(self.path, asdict(self))
        atexit.register(self._end, self.path.resolve(), os.getpid())

    @staticmethod
    def _end(path: Path, pid: int) -> None:
        if os.getpid() == pid:  # and no fork of it
            path.unlink(missing_ok=True)

    def __str__(self) -> str:
        return f"{self.process} of {self.user}, since {self.since}: {self.command}"


def current() -> Run | None:
    """The run that this process belongs to; None if it belongs to none, or to one that has ended."""
    try:
        return read(Path(os.environ[VARIABLE]))
    except (KeyError, FileNotFoundError):
        return None


def read(path: Path) -> Run:
    content = json.loads(path.read_text())
    return Run(**{**content, "process": Process(**content["process"])})


def all_in(folder: Path) -> dict[Path, Run]:
    """The runs of `folder` that did not end, or were killed, by their records."""
    found = {}
    for path in sorted(folder.glob(f"{FOLDER}/run-*.json")):
        with suppress(FileNotFoundError):  # it has just ended
            found[path] = read(path)
    return found
