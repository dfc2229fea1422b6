from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import Output, say


def breakdown(
    files: Annotated[list[Path], typer.Argument(help="One or more `.surp` files.")],
    output: Output,
    record: Annotated[list[Path] | None, typer.Option(help="What `encode --metrics` wrote, one per file.")] = None,
) -> None:
    """Say what the bytes of files are spent on: survivors' places, signs, magnitudes, biases, header.

    Example: surp breakdown model.surp -o breakdown.json
    """
    from dataclasses import asdict

    from surp import codec
    from surp.errors import ParameterError
    from surp.evaluate.breakdown import breakdown as broken_down
    from surp.evaluate.breakdown import counts_of
    from surp.evaluate.formats import write_counts
    from surp.files import locked, read_bytes, read_json, write_json

    if record and len(record) != len(files):
        raise ParameterError(f"{len(files)} files, but {len(record)} times --record: give one for each or none")
    rows = []
    with locked(output):
        for i, file in enumerate(files):
            data = read_bytes(file)
            with codec.reading(str(file)):
                parts = broken_down(data)
                tensors = write_counts(counts_of(codec.decode(data)))
            row = read_json(record[i]) if record else {}
            rows.append({**row, "bytes": len(data), "parts": asdict(parts), "tensors": tensors, "file": str(file)})
            say(f"{file}: " + ", ".join(f"{name} {size}" for name, size in asdict(parts).items()))
        write_json(output, rows)
