from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from surp.stages._options import Metrics, say


def decode(
    files: Annotated[list[Path], typer.Argument(help="One or more `.surp` files.")],
    output: Annotated[
        list[Path] | None, typer.Option("--output", "-o", help="One per file; else FILE with .safetensors.")
    ] = None,
    metrics: Metrics = None,
) -> None:
    """Decode `.surp` files, and nothing else, to `.safetensors`: no model code, no torch.

    Example: surp decode model.surp -o weights.safetensors
    """
    from surp import codec
    from surp.errors import ParameterError
    from surp.files import locked, read_bytes, write_json
    from surp.layout import write_state

    targets = output or [file.with_suffix(".safetensors") for file in files]
    if len(targets) != len(files):
        raise ParameterError(f"{len(files)} files, but {len(targets)} times --output: give one for each or none")
    codec.warm_up()
    seconds = []
    for file, target in zip(files, targets, strict=True):
        with locked(target):
            content = read_bytes(file)
            start = time.perf_counter()
            with codec.reading(str(file)):
                state = codec.decode(content).state()
            seconds.append(time.perf_counter() - start)
            write_state(target, state, {"surp.kind": "weights"})
            say(f"{file}: {len(content)} bytes decoded in {seconds[-1]:.3f} s -> {target}")
    if metrics:
        write_json(metrics, [{"seconds_decode": value} for value in seconds])
