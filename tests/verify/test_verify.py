"""`surp verify`: silent about what is right, and naming the file of whatever is not."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from surp.errors import SurpError
from surp.records.columns import COLUMNS
from surp.stages.verify import verify as stage
from surp.tensors.safetensors_file import read_state, write_state

pytestmark = pytest.mark.trains
ROUND = "results/tiny/pictures/lenet300_100/seed0/global_magnitude/once/round"
FILE = f"{ROUND}1/uniform/adaptive/model.surp"
TABLE = "results/tiny/summary.csv"
NOT_TIMES = [column for column in COLUMNS if not column.startswith("seconds")]


@pytest.fixture
def verify(top, monkeypatch, capsys):
    """A function that returns (exit code, lines of mismatches, the rest), as the command would."""
    monkeypatch.chdir(top)

    def run(suite=""):
        error = ""
        try:
            stage(Path("results"), suite, device="cpu")
        except SurpError as caught:
            error = str(caught)
        said = capsys.readouterr()
        return int(bool(error)), said.out.splitlines(), said.err + error

    return run


def flip(path, offset=-20):
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def edit(path, row, **cells):
    """Change cells of one row of a table, and nothing else."""
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    rows[row] |= {key: str(value) for key, value in cells.items()}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())


def edit_everywhere(top, row, **cells):
    """Change cells in every table and record of the results, so that only the files themselves can tell."""
    for table in (TABLE, "results/summary.csv"):
        edit(top / table, row, **cells)
    place = top / "results/tiny/pictures/lenet300_100/seed0/rows.json"
    rows = json.loads(place.read_text())
    rows[row] |= cells
    place.write_text(json.dumps(rows))
    for name in ("results/metrics.json", "results/tiny/metrics.json", "results/tiny/means.json"):
        (top / name).unlink()


def test_results_as_the_stages_wrote_them_pass(top, verify):
    code, lines, notes = verify()
    assert (code, lines) == (0, ["results: no mismatch in 1 suite"]), notes
    assert "every column but the times must be identical" in notes


def test_a_flipped_bit_in_a_file_is_told_with_its_name_and_the_others_are_still_checked(top, verify):
    flip(top / FILE)
    shutil.copy2(top / FILE.replace("round1", "round2"), top / "spare")
    flip(top / FILE.replace("round1", "round2"), 60)
    code, lines, _ = verify()
    assert code == 1
    assert {line.partition(":")[0] for line in lines} == {FILE, FILE.replace("round1", "round2")}
    assert any("SHA-256 is" in line for line in lines)
    assert any("does not decode" in line for line in lines)


def test_a_missing_file_is_told_with_its_name_and_exit_code_1(top):
    """By the command itself."""
    (top / FILE).unlink()
    command = [sys.executable, "-m", "surp", "verify", "results/", "--device", "cpu"]
    run = subprocess.run(command, cwd=top, text=True, capture_output=True, check=False)
    assert run.returncode == 1
    assert run.stdout == f"{FILE}: is missing, but {TABLE} has a row of it\n"
    assert run.stderr.endswith("surp: error: results: 1 mismatch; it stands on a line above\n")


def test_the_file_of_another_model_is_told_by_hash_size_weights_and_accuracy(top, verify):
    shutil.copy2(top / FILE.replace("round1", "round2"), top / FILE)
    code, lines, _ = verify()
    assert code == 1
    assert all(line.startswith(f"{FILE}: ") for line in lines)
    for word in ("SHA-256 is", "bytes, in the table", "decodes to weights with", "sparsity is", "ratio is", "nll is"):
        assert any(word in line for line in lines), (word, lines)


@pytest.mark.parametrize("column", NOT_TIMES)
def test_an_edited_cell_of_a_row_is_told_with_table_row_and_column(pristine, column):
    """In this process: the files are right, so nothing has to be decoded to see this."""
    from surp.verify.suite import read_whole_table
    from surp.verify.written import check_records

    rows = read_whole_table(pristine / TABLE)
    value = getattr(rows[1], column)
    edited = 1 if value is None else math.nextafter(value, 2) if isinstance(value, float) else value + type(value)(1)
    rows[1] = rows[1].model_copy(update={column: edited})
    _, found = check_records(pristine / "results", pristine / TABLE, rows)
    assert found
    assert all(mismatch.where == pristine / TABLE for mismatch in found)
    file = rows[1].file
    told = f"has a row of {file}, of which" if column == "file" else f"row of {file}: {column} is {edited}, "
    assert any(mismatch.what.startswith(told) for mismatch in found), found


def test_an_edited_row_is_told_by_the_command(top, verify):
    edit(top / TABLE, 0, accuracy=0.999)
    code, lines, _ = verify()
    assert code == 1
    assert any(line.startswith(f"{TABLE}: row of {ROUND}1") and "accuracy is 0.999" in line for line in lines)
    assert any(line.startswith(f"{FILE}: accuracy is") and "in the table 0.999" in line for line in lines)
    assert any("docs/results/tiny/summary.csv" in line for line in lines)


def test_what_is_edited_in_every_table_and_record_is_told_by_the_file_itself(top, verify):
    cells = {"accuracy": 0.5, "nll": 7.0, "bytes": 17, "sparsity": 0.5, "ratio": 1000.0, "bits_per_weight": 0.001}
    hashes = {"surp_sha256": "0" * 64, "decoded_sha256": "1" * 64}
    shutil.rmtree(top / "docs")
    edit_everywhere(top, 0, **cells, **hashes)
    code, lines, _ = verify()
    assert code == 1
    assert len(lines) == len(cells) + len(hashes)
    for value in (*cells.values(), *hashes.values()):
        assert any(line.startswith(f"{FILE}: ") and line.endswith(f"in the table {value}") for line in lines), value


def test_a_cell_that_is_no_number_is_told_with_table_row_and_column(top, verify):
    edit(top / TABLE, 0, accuracy="high")
    code, _, error = verify()
    assert code == 1
    assert f"{TABLE}: row 1: accuracy: " in error
    assert "(got 'high')" in error


def test_a_record_that_is_none_is_told_and_the_files_are_still_checked(top, verify):
    place = top / "results/tiny/pictures/lenet300_100/seed0/rows.json"
    place.write_text(place.read_text().replace('"accuracy": ', '"accuracy": "high", "was": ', 1))
    flip(top / FILE)
    code, lines, _ = verify()
    assert code == 1
    assert any("rows.json: not the rows of a seed: row 1: accuracy: " in line for line in lines)
    assert any(line.startswith(f"{FILE}: SHA-256 is") for line in lines)


def test_a_removed_a_doubled_and_an_invented_row_are_told(top, verify):
    lines = (top / TABLE).read_text().splitlines()
    (top / TABLE).write_text("\n".join([*lines[:2], lines[1], lines[1].replace("/round1/", "/round7/")]) + "\n")
    code, said, _ = verify()
    assert code == 1
    for word in ("has two rows of", "lacks the row of", "has a row of"):
        assert any(line.startswith(f"{TABLE}: {word}") for line in said), (word, said)


@pytest.mark.parametrize("file", ["../../../etc/passwd", "/etc/passwd", "", "results/../x/a/b/c/d/e/f/g/h"])
def test_a_row_that_names_a_file_elsewhere_is_refused_and_not_read(top, verify, file):
    edit(top / TABLE, 0, file=file)
    code, lines, _ = verify()
    assert code == 1
    assert any(line.startswith(f"{TABLE}: a row names the file {file!r}") for line in lines)


def test_the_latest_table_and_the_means_have_to_be_those_of_a_suite(top, verify):
    edit(top / "results/summary.csv", 0, nll=0.1)
    means = top / "results/tiny/means.json"
    means.write_text(means.read_text().replace('"bytes": ', '"bytes": 1'))
    code, lines, _ = verify()
    assert code == 1
    assert [line.partition(":")[0] for line in lines] == ["results/summary.csv", "results/tiny/means.json"]


def test_without_the_test_split_the_rest_is_still_checked(top, verify):
    (top / "results/data/pictures/test.safetensors").unlink()
    flip(top / FILE)
    code, lines, _ = verify()
    assert code == 1
    assert any(line.startswith("results/data/pictures/test.safetensors: no accuracy can be measured") for line in lines)
    assert any(line.startswith(f"{FILE}: SHA-256 is") for line in lines)


def test_a_changed_test_split_is_told_and_not_used(top, verify):
    path = top / "results/data/pictures/test.safetensors"
    state, metadata = read_state(path)
    write_state(path, state | {"labels": (state["labels"] + 1) % 4}, metadata)
    code, lines, _ = verify()
    assert code == 1
    [line] = lines
    assert line.startswith("results/data/pictures/test.safetensors: no accuracy can be measured")
    assert "content has SHA-256" in line


def test_an_unknown_suite_and_a_table_of_another_version_are_errors(top, verify):
    code, _, error = verify("nope")
    assert code == 1
    assert "holds no nope/summary.csv" in error
    (top / TABLE).write_text((top / TABLE).read_text().replace(",surp_sha256", ""))
    code, _, error = verify()
    assert code == 1
    assert f"{TABLE}: lacks the columns surp_sha256" in error


def test_a_recorded_file_has_to_decode_to_the_hash_of_its_table_on_every_machine(pristine, top, verify):
    shutil.copy2(pristine / "docs/results/tiny/recorded.json", top / "docs/results/tiny")
    recorded = top / "docs/results/tiny/files/uniform.surp"
    rows = list(csv.DictReader((top / "docs/results/tiny/summary.csv").open()))
    smallest = min(rows, key=lambda row: int(row["bytes"]))
    assert recorded.read_bytes() == (top / smallest["file"]).with_name("model.surp").read_bytes()
    edit(top / "docs/results/tiny/summary.csv", rows.index(smallest), machine="another", decoded_sha256="0" * 64)
    code, lines, _ = verify()
    assert code == 1
    assert [line.partition(" with ")[0] for line in lines] == [
        "docs/results/tiny/files/uniform.surp: decodes to weights"
    ]


def test_a_suite_of_an_earlier_version_is_named_and_not_compared(top, verify):
    edit(top / "docs/results/tiny/summary.csv", 0, accuracy=0.1)
    mark = top / "docs/results/tiny/recorded.json"
    mark.write_text(mark.read_text().replace('"coder": "', '"coder": "0'))
    shutil.copytree(top / "docs/results/tiny", top / "docs/results/old")
    (top / "docs/results/old/recorded.json").unlink()
    code, lines, notes = verify()
    assert (code, lines) == (0, ["results: no mismatch in 1 suite"])
    assert "docs/results/tiny: recorded by an earlier version (coder 0" in notes
    assert "docs/results/old: recorded by an earlier version (it has no recorded.json); not compared" in notes
