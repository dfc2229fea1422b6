"""`.surp` files against their rows: content, size, and what a fresh process decodes them to."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from surp.files import digest
from surp.records.coding import SizeColumns
from surp.records.row import Row
from surp.tensors.state import State, sparsity


def decode_afresh(files: Sequence[Path], folder: Path) -> list[Path | str]:
    """Decode files to `folder` in a new process that knows nothing else; for each its weights, or why there are none.

    One process for all of them, unless one of them stops it: then one process each, so that a bad file stops only
    itself.
    """
    targets = [folder / f"{i}.safetensors" for i in range(len(files))]
    if not _decode(files, targets):
        return list(targets)
    return [_decode([file], [target]) or target for file, target in zip(files, targets, strict=True)]


def _decode(files: Sequence[Path], targets: Sequence[Path]) -> str:
    """Why decoding failed, or nothing."""
    outputs = [word for target in targets for word in ("--output", str(target))]
    command = [sys.executable, "-m", "surp", "decode", *map(str, files), *outputs]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return ""
    if run.returncode < 0:
        return f"decoding was ended by {signal.Signals(-run.returncode).name}"
    last = run.stderr.strip().rpartition("\n")[2].removeprefix("surp: error: ")
    return f"does not decode: {last.removeprefix(f'{files[0]}: ')}"


def content_differences(row: Row, file: Path) -> Iterator[str]:
    """What the bytes of the `.surp` file contradict."""
    if (found := digest(file)) != row.surp_sha256:
        yield f"SHA-256 is {found}, in the table {row.surp_sha256}"
    if (size := file.stat().st_size) != row.bytes:
        yield f"has {size} bytes, in the table {row.bytes}"


def weight_differences(
    row: Row, file: Path, weights: Path, state: State, tensors: Literal["all", "matrices"]
) -> Iterator[str]:
    """What the decoded weights contradict: their hash, and every number that follows from them and the size."""
    if (found := digest(weights)) != row.decoded_sha256:
        yield f"decodes to weights with SHA-256 {found}, in the table {row.decoded_sha256}"
    floats = sum(tensor.size for tensor in state.values() if tensor.dtype.kind == "f")
    sizes = SizeColumns.of_file(file.stat().st_size, floats).model_dump(exclude={"bytes"})
    for key, value in {**sizes, "sparsity": sparsity(state, tensors)}.items():
        stated = getattr(row, key)
        if stated is None or not math.isclose(value, stated, rel_tol=1e-12):
            yield f"{key} is {value}, in the table {stated}"
