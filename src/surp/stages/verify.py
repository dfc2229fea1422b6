from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Device, Threads
from surp.command_line.options import say


def verify(
    results: Annotated[Path, typer.Argument(help="The folder with the suites' tables and files.")] = Path("results"),
    suite: Annotated[str, typer.Option(help="Only this suite; else every suite of the folder.")] = "",
    against: Annotated[
        Path, typer.Option(help="Checked-in tables, <suite>/summary.csv; suites that have none there are told.")
    ] = Path("docs/results"),
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Check that files, tables and the checked-in suites agree; every mismatch is a line, any mismatch exit code 1.

    Decodes every `.surp` file in a fresh process, compares the hashes of file and weights and every number that
    follows from them, measures the accuracy again, and compares the tables with what the stages wrote and with the
    checked-in ones: exactly on the same kind of machine and versions, else their means over seeds. The files of the
    checked-in suites have to decode to the hashes of their tables everywhere. Suites that an earlier version recorded
    are named and not compared.

    Example: surp verify results/
    """
    from surp.errors import SurpError
    from surp.verify.places import suite_tables
    from surp.verify.recorded import earlier
    from surp.verify.reference import check_reference, compared_how
    from surp.verify.suite import read_whole_table, verify_recorded, verify_suite
    from surp.verify.written import check_copies

    suites = {table: read_whole_table(table) for table in suite_tables(results, suite)}
    found = [] if suite else list(check_copies(results, suites))
    for table, rows in suites.items():
        found += verify_suite(results, table, rows, device, threads, say)
        if not (reference := against / table.parent.name / table.name).is_file():
            say(f"{table}: compared with no checked-in table, since there is no {reference}")
    for reference in sorted(against.glob(f"{suite or '*'}/summary.csv")):
        folder = reference.parent
        if why := earlier(folder):
            again = f"`make keep SUITE={folder.name}` records it anew"
            say(f"{folder}: recorded by an earlier version ({why}); not compared. {again}")
            continue
        expected = read_whole_table(reference, "`make record` writes a new one")
        if (table := results / folder.name / reference.name) in suites:
            say(f"{table} against {reference}: {compared_how(suites[table], expected)}")
            found += check_reference(table, suites[table], reference, expected)
        found += verify_recorded(results, folder, expected, device, threads, say)
    for mismatch in found:
        print(mismatch)
    if found:
        many = "1 mismatch; it" if len(found) == 1 else f"{len(found)} mismatches; each"
        raise SurpError(f"{results}: {many} stands on a line above")
    print(f"{results}: no mismatch in {len(suites)} {'suite' if len(suites) == 1 else 'suites'}")
