"""On another machine: means over seeds within what other seeds would do, and a real fault outside of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from surp.records.row import Row
from surp.summary.table import read_table
from surp.verify.reference import check_reference, compared_how
from surp.verify.spread import LEAST, STANDARD_ERRORS, compared_means

TOP = Path(__file__).parents[2]
OURS, THEIRS = Path("results/tiny/summary.csv"), Path("docs/results/tiny/summary.csv")
LEVELS = (0.8, 0.9, 0.95, 0.98)


def table(seed: int, seeds: int = 3, **shift: float) -> list[Row]:
    """A suite of two methods as one machine trained it; `shift` is added to columns of SuRP at 0.9."""
    rng = np.random.default_rng(seed)
    rows = []
    for method in ("surp", "global_magnitude"):
        for number, level in enumerate(LEVELS):
            for run in range(seeds):
                centre = {column: 20_000.0 if column == "bytes" else 0.8 for column in LEAST}
                found = {column: mean + 2 * LEAST[column](mean) * rng.normal() for column, mean in centre.items()}
                if (method, level) == ("surp", 0.9):
                    found = {column: value + shift.get(column, 0.0) for column, value in found.items()}
                axes = {"dataset": "d", "model": "m", "method": method, "schedule": "s", "quantizer": "q", "coder": "c"}
                place = {"target": f"sparsity {level}", "seed": str(run), "round": str(number + 1)}
                same = dict.fromkeys(("suite", "mode", "preset", "file"), "x")
                other = {"machine": f"machine {seed}", "versions": "1"}
                found["bytes"] = round(found["bytes"])
                rows.append(Row.parse(axes | place | same | other | found, "row"))
    return rows


def changed(rows, **cells):
    return [row.model_copy(update=cells) for row in rows]


def used(rows, expected, column):
    return max(comparison.used for comparison in compared_means(rows, expected) if comparison.column == column)


def test_another_machine_is_another_sample_and_passes_but_for_one_in_twenty():
    pairs = [(table(2 * i), table(2 * i + 1)) for i in range(20)]
    assert sum(max(comparison.used for comparison in compared_means(*pair)) > 1 for pair in pairs) <= 1


@pytest.mark.parametrize(
    ("column", "fault"), [("accuracy", -0.02), ("val_accuracy_pruned", -0.04), ("bytes", 700), ("nll", 0.16)]
)
def test_a_fault_of_one_setting_is_told(column, fault):
    assert used(table(0, **{column: fault}), table(1), column) > 1


def test_a_setting_of_one_seed_is_judged_by_the_spread_of_its_method():
    ours, theirs = ([*table(i), *changed(table(i, 1), quantizer="other")] for i in (0, 1))
    assert {comparison.setting[4] for comparison in compared_means(ours, theirs)} == {"q", "other"}
    assert max(comparison.used for comparison in compared_means(ours, theirs)) < 1
    wrong = [row.model_copy(update={"accuracy": 0.7}) if row.quantizer == "other" else row for row in ours]
    assert used(wrong, theirs, "accuracy") > 1


def test_a_network_that_is_always_right_is_allowed_a_few_images():
    ours, theirs = (changed(table(i), accuracy=accuracy) for i, accuracy in ((0, 0.999), (1, 1.0)))
    assert used(theirs, theirs, "accuracy") == 0
    assert used(ours, theirs, "accuracy") > 1


def test_without_two_seeds_of_anything_nothing_is_judged():
    assert list(compared_means(table(0, 1), table(1, 1))) == []


def test_the_recorded_quick_suite_tells_a_point_of_accuracy_and_a_percent_of_bytes():
    rows = read_table(TOP / "docs/results/quick/summary.csv")
    limits = {}
    for comparison in compared_means(rows, rows):
        limits.setdefault(comparison.column, []).append(comparison.limit / (comparison.theirs or 1))
    assert max(limits["accuracy"]) < 0.015
    assert max(limits["dense_accuracy"]) < 0.01
    assert max(limits["bytes"]) < 0.02


def test_tables_of_two_machines_are_compared_in_the_means_and_their_settings_cell_by_cell():
    ours, theirs = table(0, accuracy=-0.1), table(1)
    found = [str(mismatch) for mismatch in check_reference(OURS, ours, THEIRS, theirs)]
    [line] = [line for line in found if "accuracy is" in line]
    assert line.startswith(f"{OURS}: d m surp s q c sparsity 0.9: accuracy is")
    assert line.endswith(f"in {THEIRS}")
    assert len(found) == 1
    ours[1] = ours[1].model_copy(update={"nll": None})
    assert any("nll is None, but" in str(mismatch) for mismatch in check_reference(OURS, ours, THEIRS, theirs))
    ours[0] = ours[0].model_copy(update={"preset": "max"})
    assert any("preset is max, but x" in str(mismatch) for mismatch in check_reference(OURS, ours, THEIRS, theirs))
    assert f"may differ by {STANDARD_ERRORS:g} standard errors" in compared_how(ours, theirs)
