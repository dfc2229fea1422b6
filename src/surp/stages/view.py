from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import say

_DRAWN = (".svg", ".png")
_BESIDE = (".log", ".tsv")


def view(
    suite: Annotated[Path, typer.Argument(help="Folder of the suite (results/<suite>).")],
    files: Annotated[list[Path], typer.Argument(help="Its files to show: table, page, and every figure it now has.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to show them in.")] = Path("results"),
) -> None:
    """Copy a suite's table, page and figures to where those of the suite built last are looked for.

    Figures that are not named no longer apply: they are removed from the view and from the suite's own folder.

    Example: surp view results/quick results/quick/summary.csv results/quick/figures/size_front.svg -o results
    """
    from surp.errors import ParameterError
    from surp.files import locked, read_bytes, write_bytes

    if outside := [path for path in files if not path.is_relative_to(suite)]:
        raise ParameterError(f"{outside[0]}: not a file of the suite in {suite}")
    shown = {path.relative_to(suite) for path in files}
    with locked(output / "view"):
        for path in sorted(shown):
            write_bytes(output / path, read_bytes(suite / path))
        _forget(output / "figures", shown)
        _forget(suite / "figures", shown)
    say(f"{len(shown)} files of {suite} -> {output}")


def _forget(folder: Path, shown: set[Path]) -> None:
    """Remove figures that are not `shown`, and the log and times of those that nothing is shown of."""
    names = {path.name for path in shown}
    drawn = {path.stem for path in shown if path.suffix in _DRAWN}
    for path in folder.glob("[!.]*"):
        gone = path.suffix in _DRAWN and path.name not in names
        if gone or (path.suffix in _BESIDE and path.stem not in drawn):
            path.unlink()
