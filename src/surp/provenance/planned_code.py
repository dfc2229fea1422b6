"""A stage runs the code that it was planned with, or not at all: what is recorded of a file is how it was made.

A rule's parameter `code` is a text such as `0f1e2d3c4b5a6978:stages.prune,prune.lamp:numpy=2.4.6`: the digest of what
these modules and all that they import do (`surp.provenance.sources`), and the release of each library among numba,
numpy and torch that they name. Snakemake reruns a job if the text changed; the job is handed it (`surp --code`) and
looks again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from surp.errors import SurpError
from surp.files import digest, write_json
from surp.provenance import runs, sources
from surp.provenance.runs import FOLDER, Run
from surp.provenance.sources import LIBRARIES, Sources

_CACHE = FOLDER / "sources.json"
_loaded: Sources | None = None
"""In a process that loads code before it knows which stage it is (`surp.forkserver`): what it loaded."""


def join(parameters: Mapping[str, Any], plans: bool, pinned: bool) -> Run:
    """The run that this process plans or, where it is a job of one that another process planned, that run.

    Such a job takes code and parameters as they were planned: an edit in between stops it (`check`) instead of being
    recorded as what ran. Raises `SurpError` if the run has ended.
    """
    if plans:
        run = plan(parameters, pinned)
        os.environ[runs.VARIABLE] = str(run.path)
        return run
    if joined := runs.current():
        return joined
    raise SurpError(f"the run that this job belongs to has ended: {os.environ.get(runs.VARIABLE)} is not there")


def plan(parameters: Mapping[str, Any], pinned: bool) -> Run:
    """A run of the code as it is now; pinned: whether the libraries here are those that the jobs will have."""
    known = _read_cache()
    code = sources.on_disk(known)
    run = Run.of_this_process(code, {library: release(library) for library in LIBRARIES if pinned}, parameters)
    if not known or known.everything() != run.files:
        write_json(_CACHE, {"made_by": _reader(), "files": run.files})
    return run


def release(library: str) -> str:
    """The installed release of a library (2.14.1), without the label of its build (+cpu)."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version(library).partition("+")[0]
    except PackageNotFoundError:
        return "missing"


def describe(run: Run, *modules: str) -> str:
    """The parameter of a job of `run` that runs `modules` (`stages.prune`)."""
    libraries = [f"{name}={run.releases[name]}" for name in run.code.libraries(*modules) if name in run.releases]
    return f"{run.code.digest(*modules)}:{','.join(modules)}:{','.join(libraries)}"


def check(described: str) -> None:
    """Raise `SurpError` unless what this process runs is what was described."""
    try:
        planned, names, libraries = described.split(":")
        releases = dict(item.split("=") for item in libraries.split(",") if item)
    except ValueError:
        raise SurpError(f"--code {described!r}: expected DIGEST:MODULE,...:LIBRARY=RELEASE,...") from None
    run = runs.current()
    for code in (sources.on_disk(run.code if run else None), _loaded):
        if code and code.digest(*names.split(",")) != planned:
            files = code.changed(run.code, *names.split(",")) if run else ()
            which = f" ({', '.join(files)})" if files else ""
            raise SurpError(f"the code of {names} changed after the workflow was planned{which}; run it again")
    for library, wanted in releases.items():
        if (here := release(library)) != wanted:
            raise SurpError(f"the workflow was planned with {library} {wanted}, but here is {here}; run it again")


def note_loaded(load: Callable[[], None]) -> None:
    """`load` code that `check` looks at from then on, besides that on the disk. Raises `SurpError` if it changes."""
    global _loaded
    before = sources.on_disk(_read_cache())
    files = before.everything()
    load()
    if sources.on_disk(before).everything() != files:
        raise SurpError("the code changed while it was loaded; start again")
    _loaded = before


def _read_cache() -> Sources | None:
    """What the last plan found in the files, if it looked for the same."""
    try:
        content = json.loads(_CACHE.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return sources.recorded(content["files"]) if content["made_by"] == _reader() else None


def _reader() -> str:
    """Of the modules that find out what a file says."""
    folder = Path(__file__).parent
    return digest(folder / "sources.py") + digest(folder / "syntax.py")
