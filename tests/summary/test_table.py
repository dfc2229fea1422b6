"""`summary.csv`: joined, written, read and checked, and shown at a glance."""

from __future__ import annotations

import csv

import pytest

import synthetic_suite
from surp.errors import SurpError
from surp.records.columns import COLUMNS
from surp.records.row import Row
from surp.summary.collected import read_rows, write_table
from surp.summary.frame import read_frame
from surp.summary.means import overview
from surp.summary.table import read_table


def test_the_table_is_sorted_and_has_every_column_once(tmp_path):
    rows = [{"dataset": "m", "round": k, "seed": s, "bytes": 1, "unknown": 2} for k in (10, 2) for s in (1, 0)]
    write_table(tmp_path / "summary.csv", rows)
    with (tmp_path / "summary.csv").open() as stream:
        back = list(csv.DictReader(stream))
    assert [(row["round"], row["seed"]) for row in back] == [("2", "0"), ("2", "1"), ("10", "0"), ("10", "1")]
    assert tuple(back[0]) == COLUMNS
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_rows_can_be_joined_in_two_steps(tmp_path):
    rows = [{"dataset": "m", "seed": seed} for seed in range(4)]
    write_table(tmp_path / "a.json", rows[2:])
    write_table(tmp_path / "b.json", rows[:2])
    assert sorted(read_rows([tmp_path / "a.json", tmp_path / "b.json"]), key=lambda row: row["seed"]) == rows


def test_a_file_that_holds_no_rows_is_named(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(SurpError, match=r"x\.json: expected a list of rows"):
        read_rows([tmp_path / "x.json"])


def test_the_overview_leaves_out_axes_with_one_value_and_averages_over_seeds(tmp_path):
    common = {"dataset": "m", "model": "l", "schedule": "s", "quantizer": "q", "coder": "c", "target": "sparsity 0.9"}
    rows = [
        {**common, "method": method, "seed": seed, "bytes": 100 + seed, "ratio": 10, "bits_per_weight": 0.5}
        | {"accuracy": 0.9 + 0.01 * seed, "dense_accuracy": 0.95}
        for method in ("a", "b")
        for seed in (0, 2)
    ]
    write_table(tmp_path / "summary.csv", rows)
    shown = overview(read_table(tmp_path / "summary.csv"))
    assert [row["method"] for row in shown] == ["a", "b"]
    assert shown[0] == {
        "method": "a",
        "seeds": "2",
        "bytes": "101",
        "ratio": "10",
        "bits/weight": "0.500",
        "accuracy %": "91.00 ± 1.41",
        "dense %": "95.00",
    }


def test_a_table_that_is_none_is_named(tmp_path):
    with pytest.raises(SurpError, match="no such file"):
        read_table(tmp_path / "summary.csv")
    (tmp_path / "summary.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SurpError, match="lacks the columns dataset"):
        read_table(tmp_path / "summary.csv")
    (tmp_path / "summary.csv").write_text("")
    with pytest.raises(SurpError, match="not a table"):
        read_table(tmp_path / "summary.csv")


@pytest.mark.parametrize(("column", "value"), [("accuracy", "high"), ("bytes", "1.5"), ("seed", ""), ("permuted", "2")])
def test_a_cell_that_is_wrong_is_named_by_file_row_and_column(tmp_path, column, value):
    rows = synthetic_suite.rows(models=("lenet300_100",), methods=("surp",))
    rows[1][column] = value
    write_table(tmp_path / "summary.csv", rows)
    with pytest.raises(SurpError, match=rf"summary\.csv: row \d+: {column}: "):
        read_table(tmp_path / "summary.csv")


def test_what_is_written_is_read_to_the_last_bit(tmp_path):
    rows = synthetic_suite.rows(models=("lenet300_100",), methods=("surp", "lamp"))
    write_table(tmp_path / "summary.csv", rows)
    back = read_table(tmp_path / "summary.csv")
    assert {row.accuracy for row in back} == {row["accuracy"] for row in rows}
    write_table(tmp_path / "again.csv", [row.model_dump() for row in back])
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "summary.csv").read_bytes()


def test_a_frame_has_every_column_and_numbers_that_are_not_known_are_nan(tmp_path):
    rows = synthetic_suite.rows(models=("lenet300_100",), methods=("surp",))
    write_table(tmp_path / "summary.csv", [row | {"val_accuracy": None} for row in rows])
    frame = read_frame(tmp_path / "summary.csv")
    assert {*Row.model_fields, "level", "series"} == set(frame.columns)
    assert frame["val_accuracy"].dtype == "float64"
    assert frame["val_accuracy"].isna().all()
