"""Schedules of target sparsities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surp.errors import ParameterError
from surp.plan.schedule import Schedule


def test_the_reference_list_is_that_of_the_authors():
    targets = Schedule(kind="iterative", sparsities="reference").targets
    assert targets[:4] == (0.2, 0.36, 0.488, 0.5904)
    assert targets[-1] == 0.999


def test_survivors_times_a_factor_end_at_the_last_target():
    targets = Schedule(kind="iterative", survivors=0.8, until=0.99).targets
    assert len(targets) == 21
    assert targets[19] == round(1 - 0.8**20, 10)
    assert targets[-1] == 0.99


@given(st.floats(0.05, 0.99), st.floats(0.01, 0.9999))
def test_every_schedule_rises_strictly_inside_0_and_1(survivors, until):
    assume(until >= 1 - survivors)
    targets = Schedule(survivors=survivors, until=until).targets
    assert all(0 < a < b < 1 for a, b in pairwise(targets))
    assert targets[-1] == until


def test_a_list_is_taken_as_it_stands():
    assert Schedule(sparsities=(0.8, 0.95)).targets == (0.8, 0.95)
    assert Schedule(sparsities=(0.8,)).kind == "one_shot"


def test_rates_fall_and_distortions_rise_towards_sparser_models():
    rates = Schedule(rates=(2.0, 1.0, 0.5))
    assert (rates.stop, rates.targets) == ("rate", (2.0, 1.0, 0.5))
    distortions = Schedule(distortions=(0.2, 0.4))
    assert (distortions.stop, distortions.targets) == ("distortion", (0.2, 0.4))
    assert Schedule(sparsities="reference").stop == Schedule(survivors=0.8, until=0.9).stop == "sparsity"


def test_a_distortion_may_repeat_where_each_round_measures_its_own_weights():
    assert Schedule(kind="iterative", distortions=(0.1, 0.1)).targets == (0.1, 0.1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "exactly one of sparsities, survivors, rates, distortions"),
        ({"sparsities": [0.5], "survivors": 0.8, "until": 0.9}, "exactly one of"),
        ({"sparsities": [0.5], "rates": [0.5]}, "exactly one of"),
        ({"rates": [0.5], "distortions": [0.5]}, "exactly one of"),
        ({"rates": []}, "at least one value"),
        ({"rates": [0.5, 1.0]}, "rates must decrease strictly"),
        ({"rates": [0.5, 0.5]}, "rates must decrease strictly"),
        ({"rates": [0.0]}, "greater than 0"),
        ({"rates": [float("inf")]}, "finite"),
        ({"distortions": [0.5, 0.3]}, "distortions must increase strictly"),
        ({"distortions": [0.5, 0.5]}, "distortions must increase strictly"),
        ({"kind": "iterative", "distortions": [0.5, 0.3]}, "distortions must not decrease"),
        ({"distortions": [1.0]}, "less than 1"),
        ({"survivors": 0.8}, "go together"),
        ({"sparsities": [0.5], "until": 0.9}, "go together"),
        ({"sparsities": []}, "at least one value"),
        ({"sparsities": [0.9, 0.8]}, "increase strictly"),
        ({"sparsities": [0.8, 0.8]}, "increase strictly"),
        ({"sparsities": [0.0]}, "greater than 0"),
        ({"sparsities": [1.2]}, "less than 1"),
        ({"sparsities": [float("nan")]}, "finite"),
        ({"survivors": 1.0, "until": 0.9}, "less than 1"),
        ({"survivors": 0.5, "until": 0.4}, "until 0.4 lies below 1 - survivors"),
        ({"kind": "two_shot", "sparsities": [0.5]}, "'one_shot' or 'iterative'"),
        ({"sparsity": [0.5]}, "unknown key; known here: kind, sparsities, survivors, until, rates, distortions"),
    ],
)
def test_a_wrong_schedule_is_refused_with_its_key_and_the_rule(values, message):
    with pytest.raises(ParameterError, match=f"^schedules.mine.*{message}"):
        Schedule.parse(values, "schedules.mine")
