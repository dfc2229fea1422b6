from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Output
from surp.command_line.options import say


def truncate(
    file: Annotated[Path, typer.Argument(help="A `.surp` file of the quantizer `successive`.")],
    size: Annotated[int, typer.Option("--bytes", min=1, help="Most bytes that the new file may have.")],
    output: Output,
) -> None:
    """Cut a `.surp` file to a coarser model: the finest file of at most N bytes, which says that it was cut.

    Example: surp truncate model.surp --bytes 4000 -o small.surp
    """
    from surp import codec
    from surp.files import locked, read_bytes, write_bytes

    with locked(output):
        content = read_bytes(file)
        codec.warm_up()
        with codec.reading(str(file)):
            cut = codec.open(content).truncate(size)
        write_bytes(output, cut)
    note = "small enough as it is" if cut == content else "cut"
    say(f"{file}: {len(content)} bytes, {note}: {len(cut)} bytes -> {output}")
