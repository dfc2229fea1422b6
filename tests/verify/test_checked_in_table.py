"""Against the checked-in table: exactly on the same kind of machine and versions, else within what is stated."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from surp.errors import SurpError
from surp.records.columns import COLUMNS
from surp.summary.collected import write_csv
from surp.verify.reference import check_reference, compared_how
from surp.verify.suite import read_whole_table
from surp.verify.tolerance import NEVER_COMPARED, OF_THE_MACHINE

pytestmark = pytest.mark.trains
OURS, THEIRS = Path("results/tiny/summary.csv"), Path("docs/results/tiny/summary.csv")


@pytest.fixture
def rows(pristine):
    return read_whole_table(pristine / OURS)


def check(rows, expected):
    return [str(mismatch) for mismatch in check_reference(OURS, rows, THEIRS, expected)]


def changed(rows, **cells):
    return [rows[0].model_copy(update=cells), *rows[1:]]


def test_a_table_equals_itself_and_times_do_not_count(rows):
    assert check(rows, rows) == []
    assert check(changed(rows, **dict.fromkeys(NEVER_COMPARED, 99.0)), rows) == []
    assert "must be identical" in compared_how(rows, rows)


def test_on_the_same_kind_of_machine_the_last_digit_counts(rows):
    for column in ("accuracy", "nll", "bytes", "surp_sha256", "decoded_sha256", "distortion_l1"):
        value = getattr(rows[0], column)
        other = math.nextafter(value, 2) if isinstance(value, float) else value + type(value)(1)
        [line] = check(changed(rows, **{column: other}), rows)
        assert line.startswith(f"{OURS}: row ")
        assert f"{column} is {other}, but {value} in {THEIRS}" in line


def test_elsewhere_settings_must_be_the_same_and_hashes_need_not(rows):
    elsewhere = changed(rows, **dict.fromkeys(OF_THE_MACHINE, "another") | {"restarts": 7})
    assert check(elsewhere, rows) == []
    [line] = check(changed(elsewhere, preset="max"), rows)
    assert "preset is max, but default" in line


def test_another_version_of_a_library_counts_as_elsewhere(rows):
    newer = changed(rows, versions="torch 3", surp_sha256="0")
    assert check(newer, rows) == []
    assert "another kind of machine or other versions" in compared_how(newer, rows)


def test_weights_that_were_trained_on_another_machine_count_as_elsewhere(rows):
    assert check(changed(rows, train_device="cuda", train_machine="a GPU", restarts=1, surp_sha256="0"), rows) == []


def test_rows_that_either_table_lacks_are_told(rows):
    [line] = check(rows[:1], rows)
    assert line.startswith(f"{OURS}: lacks the row pictures lenet300_100 0 global_magnitude once 2")
    [line] = check(rows, rows[:1])
    assert "has the row pictures lenet300_100 0 global_magnitude once 2" in line


def test_a_reference_from_before_the_hashes_is_told_once(rows, tmp_path):
    old = tmp_path / "summary.csv"
    write_csv(old, [column for column in COLUMNS if column != "machine"], [row.model_dump() for row in rows])
    with pytest.raises(SurpError, match=r"summary\.csv: lacks the columns machine; `make record` writes a new one"):
        read_whole_table(old, "`make record` writes a new one")
