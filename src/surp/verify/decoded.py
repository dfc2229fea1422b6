"""`.surp` files against their rows: content, size, and what a fresh process decodes them to."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from surp.files import digest
from surp.tensors.safetensors_file import read_state
from surp.tensors.state import State, sparsity
from surp.verify import Row
from surp.verify.tolerance import within

_EXACT = (0.0, 1e-12)


def decode_afresh(files: Sequence[Path], folder: Path) -> list[Path | str]:
    """Decode files to `folder` in a new process that knows nothing else; for each its weights, or why there are none.

    One process for all of them, unless one of them stops it: then one process each, so that a bad file stops only
    itself.
    """
    targets = [folder / f"{i}.safetensors" for i in range(len(files))]
    if not _decode(files, targets):
        return list(targets)
    results: list[Path | str] = []
    for file, target in zip(files, targets, strict=True):
        reason = _decode([file], [target])
        results.append(reason or target)
    return results


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
    if (found := digest(file)) != row["surp_sha256"]:
        yield f"SHA-256 is {found}, in the table {row['surp_sha256']}"
    if (size := file.stat().st_size) != _integer(row["bytes"]):
        yield f"has {size} bytes, in the table {row['bytes']}"


def weight_differences(row: Row, file: Path, weights: Path, state: State, tensors: str) -> Iterator[str]:
    """What the decoded weights contradict: their hash, and every number that follows from them and the size."""
    if (found := digest(weights)) != row["decoded_sha256"]:
        yield f"decodes to weights with SHA-256 {found}, in the table {row['decoded_sha256']}"
    size = file.stat().st_size
    floats = max(sum(tensor.size for tensor in state.values() if tensor.dtype.kind == "f"), 1)
    facts = {
        "bits_per_weight": 8 * size / floats,
        "ratio": 4 * floats / size,
        "dense_bytes": 4 * floats,
        "sparsity": sparsity(state, "matrices" if tensors == "matrices" else "all"),
    }
    for key, value in facts.items():
        if not within(value, row[key], _EXACT):
            yield f"{key} is {value}, in the table {row[key]}"


def read_weights(path: Path) -> State:
    return read_state(path)[0]


def _integer(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
