from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.options import say


def keep(
    suite: Annotated[str, typer.Argument(help="A suite that is built in results/<suite>.")],
    results: Annotated[Path, typer.Option(help="The folder with the suites.")] = Path("results"),
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the checked-in suites.")] = Path(
        "docs/results"
    ),
) -> None:
    """Make a built suite the checked-in one: table, figures, the version that made them, a `.surp` file a quantizer.

    `surp verify` compares later tables with it, and decodes its files to the hashes of its table on every machine.

    Example: surp keep quick
    """
    from surp.errors import SurpError
    from surp.verify.places import suite_tables
    from surp.verify.recorded import keep as write
    from surp.verify.suite import read_whole_table
    from surp.verify.written import check_records

    [table] = suite_tables(results, suite)
    rows = read_whole_table(table)
    records, found = check_records(results, table, rows)
    if found:
        raise SurpError(f"{table}: not what the stages wrote ({found[0]}); `surp verify` lists all of it")
    tensors = {file: record.tensors for file, record in records.items()}
    say(f"{len(write(table.parent, output / suite, rows, tensors))} files -> {output / suite}")
