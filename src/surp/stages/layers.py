from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from surp.command_line.option_types import Output
from surp.command_line.options import say


def layers(
    rows: Annotated[list[Path], typer.Argument(help="Rows, as `surp evaluate` or `surp collect` write them.")],
    output: Output,
    quantizer: Annotated[str, typer.Option(help="Only files of this quantizer.")] = "",
    coder: Annotated[str, typer.Option(help="Only files of this coder.")] = "",
) -> None:
    """Count the survivors of each tensor of the decoded files that rows name: what per-layer figures are drawn of.

    Example: surp layers rows.json --quantizer uniform --coder adaptive -o layers.json
    """
    from surp.files import locked, write_json
    from surp.summary.collected import read_rows

    chosen = [row for row in read_rows(rows) if quantizer in ("", row["quantizer"]) and coder in ("", row["coder"])]
    with locked(output):
        write_json(output, [_counted(row) for row in chosen])
    say(f"{len(chosen)} files -> {output}")


def _counted(row: dict[str, Any]) -> dict[str, Any]:
    """The row's axes and size, and per tensor its shape and survivors."""
    from dataclasses import asdict

    import numpy as np

    from surp.records.columns import AXES
    from surp.summary.counted import Count
    from surp.tensors.safetensors_file import read_state
    from surp.tensors.state import takes_part

    kept = ("suite", *AXES, "mode", "target_sparsity", "sparsity", "bytes", "dense_val_accuracy")
    state, _ = read_state(Path(row["file"]))
    counts = {
        name: asdict(Count(tensor.shape, int(np.count_nonzero(tensor))))
        for name, tensor in state.items()
        if takes_part(name, tensor, "all")
    }
    return {key: row[key] for key in kept if key in row} | {"tensors": counts}
