"""Schedules of target sparsities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surp.errors import ParameterError
from surp.schedule import Schedule


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
    targets = Schedule(survivors=survivors, until=until).targets
    assert all(0 < a < b < 1 for a, b in pairwise(targets))
    assert targets[-1] == until


def test_a_list_is_taken_as_it_stands():
    assert Schedule(sparsities=(0.8, 0.95)).targets == (0.8, 0.95)
    assert Schedule(sparsities=(0.8,)).kind == "one_shot"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "either sparsities or survivors"),
        ({"sparsities": [0.5], "survivors": 0.8, "until": 0.9}, "either sparsities or survivors"),
        ({"survivors": 0.8}, "go together"),
        ({"sparsities": [0.5], "until": 0.9}, "go together"),
        ({"sparsities": []}, "at least one value"),
        ({"sparsities": [0.9, 0.8]}, "increase strictly"),
        ({"sparsities": [0.8, 0.8]}, "increase strictly"),
        ({"sparsities": [0.0]}, "greater than 0"),
        ({"sparsities": [1.2]}, "less than 1"),
        ({"sparsities": [float("nan")]}, "finite"),
        ({"survivors": 1.0, "until": 0.9}, "less than 1"),
        ({"kind": "two_shot", "sparsities": [0.5]}, "'one_shot' or 'iterative'"),
        ({"sparsity": [0.5]}, "unknown key; known here: kind, sparsities, survivors, until"),
    ],
)
def test_a_wrong_schedule_is_refused_with_its_key_and_the_rule(values, message):
    with pytest.raises(ParameterError, match=f"^schedules.mine.*{message}"):
        Schedule.parse(values, "schedules.mine")
