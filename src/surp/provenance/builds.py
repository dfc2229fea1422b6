"""How Snakemake built a suite's files: written down beside what DVC keeps of them, and given back to it in a clone.

DVC keeps of a suite its `.surp` files, its dense networks and its tables (`kept`), not what lies between: pruned,
fine-tuned, quantized and decoded weights are hundreds of times as large and come from the others. Snakemake knows from
its own records (`.snakemake/metadata`) with which parameters, code and inputs a file was made, also a file that is not
there; without them it would take a clone's files for those of any parameters, or build all of them anew.

A record is given back only to a file that has the content it tells of, or that is not there. Files that were built
here and that DVC does not keep stand by their own records, so that nothing made of other parameters passes for these.
"""

from __future__ import annotations

import json
import shutil
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from surp.errors import SurpError
from surp.files import atomic, digest, locked, remove, write_bytes

NAME = "builds.json.zst"
_RECORDS = Path(".snakemake/metadata")
_RECALLED = Path(".snakemake/recalled")
_DENSE = PurePosixPath("results/dense")
_KEPT_OF_MODELS = ("model.surp", "model.json", "rows.json", "layers.json")
_KEPT_NEVER = (".log", ".tsv")


@dataclass(frozen=True)
class _Build:
    """One file and how it was made.

    name: of the record's file below `.snakemake/metadata`; record: its content; sha256: of the file, where it is kept.
    """

    name: str
    record: Mapping[str, Any]
    sha256: str | None


def kept(path: PurePosixPath) -> bool:
    """Whether DVC keeps the file `results/...`: what .dvcignore does not name."""
    deep = len(path.parts) > 5 and path.parts[4].startswith("seed") and path.parts[1] != _DENSE.name
    return path.suffix not in _KEPT_NEVER and (not deep or path.name in _KEPT_OF_MODELS)


def remember(top: Path, suite: str) -> int:
    """Write `results/<suite>/builds.json.zst` and the suite's dense networks below it; returns the number of files.

    Raises `SurpError` if nothing of the suite was built here.
    """
    folder = top / "results" / suite
    if not (folder / "summary.csv").is_file():
        raise SurpError(f"{folder}: holds no summary.csv; `snakemake all --config suite={suite}` builds it")
    builds = {path: _build(top, path, name, record) for path, (name, record) in _of_suite(top, suite).items()}
    dense = [PurePosixPath(path) for path in builds if PurePosixPath(path).is_relative_to(_DENSE)]
    with locked(folder / NAME):
        remove(folder / "dense")
        for path in dense:
            if (top / path).is_file():
                _copy(top / path, folder / "dense" / path.relative_to(_DENSE))
        _write(folder / NAME, builds)
        _note(top, suite)
    return len(builds)


def recall(top: Path, suite: str) -> int:
    """Give Snakemake the records of a suite that DVC put here, once; returns how many it was given."""
    folder = top / "results" / suite
    if not (folder / NAME).is_file() or _noted(top, suite) == digest(folder / NAME):
        return 0
    builds = _read(folder / NAME)
    between = [path for path in builds if path.startswith(f"results/{suite}/") and not kept(PurePosixPath(path))]
    alone = not any((top / path).is_file() for path in between)
    for copy in (folder / "dense").rglob("*"):
        shared = top / _DENSE / copy.relative_to(folder / "dense")
        if copy.is_file() and not shared.is_file():
            _copy(copy, shared)
    recalled = 0
    for path, build in builds.items():
        record = top / _RECORDS / build.name
        if _tells_of(build, top / path, alone or not record.is_file()):
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_text(json.dumps(build.record))  # no flush to the disk: there may be ten thousand
            recalled += 1
    (top / ".snakemake/incomplete").mkdir(
        parents=True, exist_ok=True
    )  # else Snakemake takes the records for those of an old version
    _note(top, suite)
    return recalled


def _tells_of(build: _Build, file: Path, absent: bool) -> bool:
    """Whether the record is true of the file that is there; of one that is not there, `absent`."""
    if not file.is_file():
        return absent
    return build.sha256 is not None and digest(file) == build.sha256


def _of_suite(top: Path, suite: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Path: (name, record) of the suite's outputs and, directly or not, their inputs."""
    records = {path: (name, record) for path, name, record in _records(top / _RECORDS)}
    waiting = [path for path in records if path.startswith(f"results/{suite}/")]
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    while waiting:
        path = waiting.pop()
        if path in records and path not in found:
            found[path] = records[path]
            waiting += records[path][1].get("input") or []
    return dict(sorted(found.items()))


def _records(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path of the output, name of the record's file, record); a long path is spread over folders that begin with @."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".lock":
            name = file.relative_to(folder)
            encoded = "".join(part.removeprefix("@") for part in name.parts)
            yield urlsafe_b64decode(encoded).decode(), name.as_posix(), json.loads(file.read_text())


def _build(top: Path, path: str, name: str, record: dict[str, Any]) -> _Build:
    hashed = kept(PurePosixPath(path)) and (top / path).is_file()
    return _Build(name, record, digest(top / path) if hashed else None)


def _write(file: Path, builds: Mapping[str, _Build]) -> None:
    import zstandard

    content = {path: [build.name, build.record, build.sha256] for path, build in builds.items()}
    write_bytes(file, zstandard.ZstdCompressor(level=9).compress(json.dumps(content).encode()))


def _read(file: Path) -> dict[str, _Build]:
    import zstandard

    content = json.loads(zstandard.ZstdDecompressor().decompress(file.read_bytes()))
    return {path: _Build(*build) for path, build in content.items()}


def _note(top: Path, suite: str) -> None:
    write_bytes(top / _RECALLED / suite, digest(top / "results" / suite / NAME).encode())


def _noted(top: Path, suite: str) -> str:
    file = top / _RECALLED / suite
    return file.read_text() if file.is_file() else ""


def _copy(source: Path, target: Path) -> None:
    with atomic(target) as temporary:
        shutil.copyfile(source, temporary)
