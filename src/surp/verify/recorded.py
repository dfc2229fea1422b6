"""A checked-in suite, `docs/results/<suite>/`: by which version it was recorded, and a few of its `.surp` files.

`recorded.json` has the version of the package, a digest of what the coder makes of fixed integers, and the files: each
is the smallest of its quantizer, with the row of the table that tells its hashes. They decode to those hashes on every
machine, or the decoder is not the one that the table tells of.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from surp.errors import SurpError
from surp.files import read_json, remove, write_json
from surp.records.row import Row
from surp.verify.places import model_file

NAME = "recorded.json"
_TABLES = ("accuracy", "comparison", "factors", "matched_size")
_DRAWN = ("*.svg", "*.png")


def version() -> dict[str, str]:
    """What tells this version from others: its number, and what its coder writes (integers in, so equal everywhere)."""
    import numpy as np

    from surp import __version__, codec

    levels = {f"w{n}": (np.arange(n * n, dtype=np.int32).reshape(n, n) * 7919 % 101 - 50) // 20 for n in (3, 40)}
    written = (codec.encode_levels(levels, preset=preset) for preset in ("fast", "default", "max"))
    return {"version": __version__, "coder": hashlib.sha256(b"".join(written)).hexdigest()}


def earlier(folder: Path) -> str:
    """What says that another version recorded the suite in `folder`; nothing if this one did."""
    if not (folder / NAME).is_file():
        return f"it has no {NAME}"
    recorded = read_json(folder / NAME)
    found = [f"{key} {recorded.get(key)}, now {now}" for key, now in version().items() if recorded.get(key) != now]
    return "; ".join(found)


def files(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The recorded `.surp` files, each with its entry: `file`, that of its row; `tensors`, those that were pruned."""
    if not (folder / NAME).is_file():
        return []
    return [(folder / name, entry) for name, entry in read_json(folder / NAME)["files"].items()]


def keep(suite: Path, folder: Path, rows: Sequence[Row], tensors: Mapping[str, str]) -> list[Path]:
    """Make the built suite the checked-in one: table, figures, Markdown tables, the mark, and files; what was written.

    tensors: of each row's `file`. Raises `SurpError` if the suite lacks one of these.
    """
    copied = {folder / "summary.csv": suite / "summary.csv"}
    copied |= {folder / path.name: path for pattern in _DRAWN for path in sorted((suite / "figures").glob(pattern))}
    copied |= {folder / f"{name}.md": suite / "tables" / f"{name}.md" for name in _TABLES}
    smallest = {f"files/{row.quantizer}.surp": row for row in _smallest(rows)}
    copied |= {folder / name: model_file(suite.parent, row) for name, row in smallest.items()}
    if missing := [path for path in copied.values() if not path.is_file()]:
        raise SurpError(f"{missing[0]}: no such file; `snakemake all --config suite={suite.name}` builds it")
    remove(folder)
    for target, source in copied.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    entries = {name: {"file": row.file, "tensors": tensors[row.file]} for name, row in smallest.items()}
    write_json(folder / NAME, {**version(), "files": entries})
    return [*copied, folder / NAME]


def _smallest(rows: Iterable[Row]) -> list[Row]:
    """The smallest file of each quantizer, as its first coder wrote it."""
    found: dict[str, Row] = {}
    for row in rows:
        best = found.setdefault(row.quantizer, row)
        if row.coder == best.coder and row.bytes < best.bytes:
            found[row.quantizer] = row
    return list(found.values())
