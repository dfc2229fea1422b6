"""The columns known about a model: sections that stages write, the row they make, and what follows from a row."""

from __future__ import annotations

import json

import pytest

from surp.errors import SurpError
from surp.provenance.sources import on_disk
from surp.records import columns
from surp.records.coding import SizeColumns
from surp.records.pruning import PruneColumns, pruned_tensors
from surp.records.row import Row
from surp.records.section import read_record, write_record
from surp.records.training import FinetuneColumns, TrainingColumns

PLACE = {"dataset": "d", "model": "m", "seed": 0, "method": "surp", "quantizer": "q", "coder": "c", "bytes": 1}


def row(**cells):
    return Row.parse(PLACE | {"accuracy": 0.5} | cells, "row 1")


def test_every_column_of_the_table_and_every_axis_is_one_of_the_row():
    for names in (columns.COLUMNS, columns.AXES, columns.SETTING, columns.PRUNED_NETWORK):
        assert {*names} <= {*Row.model_fields}
        assert len(names) == len({*names})


def test_a_record_grows_by_what_a_stage_gives_and_by_nothing_else(tmp_path):
    sections = FinetuneColumns(finetune_epochs=5), SizeColumns.of_file(10, 40)
    write_record(tmp_path / "r.json", {"method": "lamp"}, *sections, tags={"suite": "tiny"})
    assert read_record(tmp_path / "r.json") == {
        **{"method": "lamp", "finetune_epochs": 5, "suite": "tiny"},
        **{"bytes": 10, "bits_per_weight": 2.0, "ratio": 16.0, "dense_bytes": 160},
    }
    write_record(tmp_path / "r.json", read_record(tmp_path / "r.json"), FinetuneColumns(finetune_epochs=7))
    assert read_record(tmp_path / "r.json")["finetune_epochs"] == 7
    assert read_record(None) == {}


def test_a_file_that_holds_no_record_is_named(tmp_path):
    (tmp_path / "r.json").write_text("[]")
    with pytest.raises(SurpError, match=r"r\.json: expected one JSON object"):
        read_record(tmp_path / "r.json")
    with pytest.raises(SurpError, match=r"gone\.json: no such file"):
        read_record(tmp_path / "gone.json")


def test_a_section_takes_its_own_part_of_a_record():
    assert TrainingColumns.of({"train_epochs": 3, "method": "lamp"}) == TrainingColumns(train_epochs=3)
    assert pruned_tensors({}) == pruned_tensors({"tensors": "all"}) == "all"
    assert pruned_tensors(PruneColumns(method="lamp", tensors="matrices").columns()) == "matrices"


def test_a_model_without_floating_point_elements_has_sizes():
    assert SizeColumns.of_file(10, 0) == SizeColumns(bytes=10, bits_per_weight=80.0, ratio=0.0, dense_bytes=0)


def test_the_level_is_the_sparsity_aimed_at_or_else_the_one_found():
    assert row(sparsity=0.91234, target_sparsity="0.9").level == 0.9
    assert row(sparsity=0.91234, target_sparsity="").level == 0.9123
    assert row().level is None


def test_an_unusual_mode_is_a_series_of_its_own():
    assert [row(mode=mode).series for mode in ("", "reference", "embedded")] == ["surp", "surp", "surp_embedded"]


def test_a_row_of_texts_is_that_of_numbers():
    cells = {"accuracy": 0.1 + 0.2, "permuted": False, "round": 2, "suite": "7"}
    assert row(**{name: str(value) for name, value in cells.items()}) == row(**cells) == row(**cells, unknown=1)
    assert json.loads(row(**cells).model_dump_json())["accuracy"] == 0.1 + 0.2


def test_a_column_that_is_wrong_or_missing_is_named():
    with pytest.raises(SurpError, match=r"^row 1: seed: .*\(got 'x'\)$"):
        row(seed="x")
    with pytest.raises(SurpError, match=r"^row 1: method: required, but missing$"):
        row(method="")


def test_a_new_column_reruns_the_stage_that_writes_it_and_those_after():
    found = {stage: {*on_disk().closure(f"stages.{stage}")} for stage in ("pretrain", "prune", "quantize", "encode")}
    assert "records/training.py" in found["pretrain"]
    assert not {"records/pruning.py", "records/coding.py", "records/row.py"} & found["pretrain"]
    assert not {"records/training.py", "records/coding.py", "records/row.py"} & found["prune"]
    assert not {"records/coding.py", "records/row.py"} & found["quantize"]
    assert not {"records/evaluation.py", "records/row.py"} & found["encode"]
