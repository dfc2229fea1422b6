from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Cores, Metrics
from surp.command_line.options import choices, say
from surp.command_line.progress import working


def decode(
    files: Annotated[list[Path], typer.Argument(help="One or more `.surp` files.")],
    output: Annotated[
        list[Path] | None, typer.Option("--output", "-o", help="One per file; else FILE with .safetensors.")
    ] = None,
    coder: Annotated[
        str | None,
        typer.Option(help=choices("Coder of files that do not say it themselves", "coders") + " Else what they say."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Of a file that ends early, decode the passes that are whole.")
    ] = False,
    threads: Cores = 0,
    metrics: Metrics = None,
) -> None:
    """Decode `.surp` files, and nothing else, to `.safetensors`: no model code, no torch.

    Files that a coder wrote without our frame (nncodec's own bitstreams) are decoded too.

    Example: surp decode model.surp -o weights.safetensors
    """
    from surp import codec
    from surp.errors import ParameterError
    from surp.files import digest, locked, read_bytes, write_json
    from surp.records.coding import DecodeColumns
    from surp.tensors.safetensors_file import write_state

    targets = output or [file.with_suffix(".safetensors") for file in files]
    if len(targets) != len(files):
        raise ParameterError(f"{len(files)} files, but {len(targets)} times --output: give one for each or none")
    columns = []
    for file, target in zip(files, targets, strict=True):
        with locked(target):
            content = read_bytes(file)
            with codec.reading(str(file)):
                opened = codec.open(content, coder=coder, partial=partial)
                codec.warm_up(opened.coder)
                if not opened.is_whole:
                    say(f"{file}: ends early, {opened.whole} of {opened.passes} passes are whole")
                start = time.perf_counter()
                with working("decode", opened.elements, threads) as work:
                    state = opened.state(work=work)
            seconds = time.perf_counter() - start
            write_state(target, state, {"surp.kind": "weights"})
            say(f"{file}: {len(content)} bytes decoded in {seconds:.3f} s -> {target}")
            columns.append(DecodeColumns(seconds_decode=seconds, decoded_sha256=digest(target)).columns())
    if metrics:
        write_json(metrics, columns)
