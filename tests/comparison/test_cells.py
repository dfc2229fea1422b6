"""Comparisons of methods: by hand, and against scipy's own tests."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import synthetic_suite
from surp.comparison import cells as compare
from surp.comparison.cells import Cell
from surp.errors import SurpError
from surp.names import twin


def cell(**values):
    return Cell("d", "m", 0.9, (0, 1, 2), {name: tuple(v) for name, v in values.items()})


def rows(values, **columns):
    """`values`: {method: {seed: accuracy}}."""
    made = [
        {"dataset": "d", "model": "m", "seed": seed, "method": method, "quantizer": "q", "coder": "c", "bytes": 1}
        | {"target_sparsity": 0.9, "accuracy": accuracy}
        | columns
        for method, seeds in values.items()
        for seed, accuracy in seeds.items()
    ]
    return synthetic_suite.framed(made)


def test_mean_and_half_interval_by_hand():
    mean, half, n = compare.estimate([1.0, 2.0, 3.0])
    assert (mean, n) == (2, 3)
    assert half == pytest.approx(4.302652729911275 / math.sqrt(3))  # t(0.975, 2) s / sqrt(n), s = 1


def test_one_value_has_no_interval_and_no_verdict():
    single = compare.estimate([0.5])
    assert single.mean == 0.5
    assert math.isnan(single.half)
    assert single.verdict == "unjudged"


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8))
def test_intervals_are_those_of_scipy(values):
    found = compare.estimate(values)
    if np.std(values) < 1e-9:
        return
    reference = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), rel=1e-9, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=6))
def test_a_paired_difference_is_scipys_paired_t_test(pairs):
    left, right = zip(*pairs, strict=True)
    if np.std(np.subtract(left, right)) < 1e-9:
        return
    found = compare.difference(Cell("d", "m", 0.9, tuple(range(len(pairs))), {"a": left, "b": right}), "a", "b")
    reference = stats.ttest_rel(left, right)
    interval = reference.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-12)
    assert (found.verdict == "ties") == (reference.pvalue >= 0.05)


def test_pairing_removes_what_seeds_share():
    """SuRP is 0.01 better on every seed, though seeds differ by 0.1: unpaired a tie, paired a win."""
    one = cell(surp=[0.71, 0.81, 0.9101], base=[0.7, 0.8, 0.9])
    (judgement,) = compare.against_best([one])
    assert judgement.difference.mean == pytest.approx(0.0100333333)
    assert judgement.verdict == "wins"


def test_ties_with_the_best_are_those_whose_interval_holds_zero():
    one = cell(surp=[0.90, 0.91, 0.92], near=[0.91, 0.90, 0.91], far=[0.80, 0.81, 0.82])
    assert compare.best(one) == "surp"
    assert compare.tied(one) == ("near",)


def test_equal_runs_are_a_tie_and_a_constant_gap_is_a_win():
    same = cell(surp=[0.9, 0.8, 0.7], base=[0.9, 0.8, 0.7])
    assert compare.counts(compare.against_best([same])) == {"wins": 0, "ties": 1, "loses": 0, "unjudged": 0}
    gap = cell(surp=[0.75, 0.75, 0.75], base=[0.5, 0.5, 0.5])
    assert compare.counts(compare.against_best([gap]))["wins"] == 1


def test_the_best_baseline_is_never_surp_in_another_form():
    one = cell(surp=[0.5] * 3, surp_embedded=[0.9] * 3, surp_weights=[0.8] * 3, lamp=[0.7] * 3)
    (judgement,) = compare.against_best([one])
    assert judgement.rival == "lamp"
    assert judgement.verdict == "loses"


def test_the_twin_is_the_norm_scaled_magnitude_of_the_suite():
    assert twin(["lamp", "global_magnitude", "global_magnitude_norm"]) == "global_magnitude_norm"
    assert twin(["global_magnitude", "surp"]) == "global_magnitude"
    assert twin(["surp", "lamp"]) is None


def test_a_method_that_lacks_a_seed_is_named_and_not_compared():
    table = rows({"surp": {0: 0.9, 1: 0.91}, "lamp": {0: 0.99}, "erk": {0: 0.8, 1: 0.8}})
    (one,) = compare.cells(compare.main_rows(table))
    assert one.missing == {"lamp": (1,)}
    assert set(one.values) == {"surp", "erk"}
    assert compare.best(one) == "surp"


def test_cells_without_surp_or_rival_are_not_counted():
    table = rows({"surp": {0: 0.9}, "lamp": {0: 0.8, 1: 0.8}})
    assert compare.against_best(compare.cells(compare.main_rows(table))) == []
    assert compare.against([cell(surp=[1, 1, 1])], None) == []


def test_the_main_rows_are_those_of_the_pair_with_the_most_rows_or_of_the_pair_named():
    many = rows({"surp": {0: 0.9, 1: 0.9}})
    few = rows({"surp": {0: 0.7}}, quantizer="float32", coder="nncodec")
    table = pd.concat([few, many], ignore_index=True)
    assert set(compare.main_rows(table)["quantizer"]) == {"q"}
    assert set(compare.main_rows(table, "float32", "nncodec")["accuracy"]) == {0.7}
    with pytest.raises(SurpError, match="no row of quantizer 'q' and coder 'nncodec'"):
        compare.main_rows(table, "q", "nncodec")


def test_schedules_and_modes_are_entries_of_their_own():
    both = [rows({"surp": {0: 0.9}}, schedule=s, mode="reference") for s in ("once", "steps")]
    others = [rows({name: {0: 0.9}}, schedule="once", mode=mode) for name, mode in (("surp", "embedded"), ("lamp", ""))]
    series = set(compare.main_rows(pd.concat([*both, *others], ignore_index=True))["series"])
    assert series == {"surp (once)", "surp (steps)", "surp_embedded", "lamp"}
