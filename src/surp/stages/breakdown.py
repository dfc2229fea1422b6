from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from surp.command_line.option_types import Output
from surp.command_line.options import say


def breakdown(
    files: Annotated[list[Path], typer.Argument(help="One or more `.surp` files.")],
    output: Output,
    record: Annotated[list[Path] | None, typer.Option(help="What `encode --metrics` wrote, one per file.")] = None,
) -> None:
    """Say what the bytes of files are spent on: survivors' places, signs, magnitudes, biases, header.

    Example: surp breakdown model.surp -o breakdown.json
    """
    from surp.errors import ParameterError
    from surp.files import locked, write_json
    from surp.records.section import read_record

    if record and len(record) != len(files):
        raise ParameterError(f"{len(files)} files, but {len(record)} times --record: give one for each or none")
    with locked(output):
        before = [read_record(path) for path in record] if record else [{} for _ in files]
        write_json(output, [row | _broken_down(file) for row, file in zip(before, files, strict=True)])


def _broken_down(file: Path) -> dict[str, Any]:
    """Size, parts and survivors of one file."""
    from dataclasses import asdict

    from surp import codec
    from surp.evaluate.breakdown import breakdown as parts_of
    from surp.evaluate.breakdown import counts_of
    from surp.files import read_bytes

    data = read_bytes(file)
    with codec.reading(str(file)):
        parts = asdict(parts_of(data))
        tensors = {name: asdict(count) for name, count in counts_of(codec.decode(data)).items()}
    say(f"{file}: " + ", ".join(f"{name} {size}" for name, size in parts.items()))
    return {"bytes": len(data), "parts": parts, "tensors": tensors, "file": str(file)}
