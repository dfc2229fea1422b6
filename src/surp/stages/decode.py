from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import Cores, Metrics, choices, say
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
    from surp.tensors.checkpoints import write_checkpoint

    targets = output or [file.with_suffix(".safetensors") for file in files]
    if len(targets) != len(files):
        raise ParameterError(f"{len(files)} files, but {len(targets)} times --output: give one for each or none")
    columns = []
    for file, target in zip(files, targets, strict=True):
        with locked(target):
            content = read_bytes(file)
            with codec.reading(str(file)):
                codec.warm_up(codec.coder_of(content, coder, partial=partial))
                if partial and (there := codec.whole_passes(content)):
                    say(f"{file}: ends early, {there[0]} of {there[1]} passes are whole")
                start = time.perf_counter()
                with working("decode", codec.elements(content, partial=partial), threads) as work:
                    state, types = codec.decode_state(content, coder=coder, partial=partial, work=work)
            seconds = time.perf_counter() - start
            write_checkpoint(target, state, types, {"surp.kind": "weights"})
            say(f"{file}: {len(content)} bytes decoded in {seconds:.3f} s -> {target}")
            columns.append(DecodeColumns(seconds_decode=seconds, decoded_sha256=digest(target)).columns())
    if metrics:
        write_json(metrics, columns)
