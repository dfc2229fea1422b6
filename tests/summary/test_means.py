"""The means that DVC compares: over seeds, under keys that stay when a suite is cut down, without times."""

from __future__ import annotations

import pytest

from surp.records.row import Row
from surp.summary import means as reduced


def means(rows):
    return reduced.means([Row.parse(row, "row") for row in rows])


def few(rows):
    return reduced.few([Row.parse(row, "row") for row in rows])


ROW = {
    **{"dataset": "d", "model": "m", "schedule": "s", "coder": "c", "method": "surp", "quantizer": "uniform"},
    **{"target": "sparsity 0.9", "seed": "0", "bytes": "100", "bits_per_weight": "1.5", "accuracy": "0.5"},
    **{"val_accuracy": "0.25", "dense_accuracy": "0.75", "seconds_train": "3"},
}


def test_a_mean_is_over_seeds_and_no_time_is_among_the_numbers():
    result = means([ROW, ROW | {"seed": "1", "bytes": "200", "accuracy": "0.75"}])
    assert result == {
        "surp": {
            "uniform": {
                "sparsity 0.9": {"bytes": 150.0, "bits_per_weight": 1.5, "accuracy": 0.625, "val_accuracy": 0.25}
            }
        },
        "dense": {"dense_accuracy": 0.75},
    }


@pytest.mark.parametrize("axis", ["dataset", "model", "schedule", "coder"])
def test_an_axis_with_several_values_is_a_key_before_the_method(axis):
    result = means([ROW, ROW | {axis: "other", "bytes": "7"}])
    assert result["other"]["surp"]["uniform"]["sparsity 0.9"]["bytes"] == 7
    assert result[ROW[axis]]["dense"] == {"dense_accuracy": 0.75}


def test_keys_of_method_quantizer_and_target_stay_with_one_value_each():
    both = means([ROW, ROW | {"method": "global_magnitude"}])
    assert means([ROW])["surp"] == both["surp"]


def test_a_column_that_is_no_number_everywhere_is_left_out():
    result = means([ROW, ROW | {"val_accuracy": ""}])
    assert result["surp"]["uniform"]["sparsity 0.9"].keys() == {"bytes", "bits_per_weight", "accuracy"}


def test_few_numbers_stand_for_a_suite_of_many_methods():
    rows = [
        ROW | {"method": method, "quantizer": quantizer, "bytes": bytes_}
        for method, bytes_ in (("surp", "100"), ("global_magnitude", "90"), ("erk", "80"), ("lamp", "70"))
        for quantizer in ("uniform", "successive")
    ]
    assert few(rows) == {
        "dense_accuracy": 0.75,
        "surp": {"bytes": 100, "accuracy": 0.5},
        "global_magnitude": {"bytes": 90, "accuracy": 0.5},
    }
    assert few([ROW | {"method": "erk"}])["erk"] == {"bytes": 100, "accuracy": 0.5}
    assert few([*rows, *(row | {"model": "other"} for row in rows)]).keys() == {"m", "other"}
