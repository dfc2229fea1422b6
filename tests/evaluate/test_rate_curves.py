"""Claims about the curves: each lies where theory or a plain computation says."""

import numpy as np
import pytest

from surp.errors import WeightsError
from surp.evaluate import rate_curves as c
from surp.tensors.layout import flatten
from surp.theory.rate_distortion import empirical_entropy


@pytest.fixture(scope="module")
def data():
    return c.ideal(40_000)


@pytest.fixture(scope="module")
def table(data):
    return c.curves(data)


def at(table, curve, rate):
    points = table[table["curve"] == curve]
    return np.interp(rate, points["rate_bits"], points["distortion"])


def test_every_curve_is_there_and_falls(table):
    assert set(table["curve"]) == set(c.CURVES)
    for name, points in table.groupby("curve"):
        assert (np.diff(points["rate_bits"]) >= 0).all(), name
        assert (np.diff(points["distortion"]) <= 1e-9).all(), name


def test_no_curve_passes_below_the_limit(table):
    for row in table.itertuples():
        assert row.rate_bits + np.log2(row.distortion) > -0.02, row


def test_the_limit_of_one_laplacian_is_its_rate_distortion_function(table):
    limit = table[table["curve"] == "limit"]
    np.testing.assert_allclose(limit["distortion"], 2 ** -limit["rate_bits"], rtol=1e-9)


def test_states_cost_less_than_orders(table):
    for rate, ratio in ((1, 0.9), (2, 0.75), (3, 0.6)):
        assert at(table, "successive", rate) < ratio * at(table, "reference", rate)


def test_the_best_dead_zone_is_never_worse_than_rounding(table):
    for rate in (0.25, 0.5, 1, 2):
        assert at(table, "dead_zone", rate) <= at(table, "uniform", rate)


def test_a_real_embedded_file_stays_near_the_best_dead_zone(table):
    points = table[table["curve"] == "successive"]
    for row in points[points["rate_bits"] > 0.2].itertuples():
        assert row.distortion < 1.2 * at(table, "dead_zone", row.rate_bits)


def test_rounding_costs_the_entropy_of_its_levels(data):
    vector, layout = flatten(data)
    step = 0.5 * np.abs(vector).mean()
    levels = np.sign(vector) * np.floor(np.abs(vector) / step + 0.5)
    bits, distortion = c._scalar(c._sorted_tensors(vector, layout), step, 0.5, medians=False)
    assert bits == pytest.approx(empirical_entropy(levels), abs=0.002)
    assert distortion == pytest.approx(np.abs(vector - levels * step).mean() / np.abs(vector).mean(), rel=1e-9)


def test_medians_are_the_best_points(data):
    vector, layout = flatten(data)
    step = np.abs(vector).mean()
    levels = np.floor(np.abs(vector) / step + 0.2)
    points = {0: 0.0} | {k: np.median(np.abs(vector)[levels == k]) for k in set(levels.astype(int)) - {0}}
    expected = np.abs(np.abs(vector) - [points[int(k)] for k in levels]).mean() / step
    tensors = c._sorted_tensors(vector, layout)
    assert c._scalar(tensors, step, 0.2, medians=True)[1] == pytest.approx(expected, rel=1e-6)
    assert c._scalar(tensors, step, 0.2, medians=True)[1] < c._scalar(tensors, step, 0.2, medians=False)[1]


def test_tensors_have_levels_of_their_own(data):
    rng = np.random.default_rng(1)
    state = {"a": rng.laplace(0, 1, (100, 100)), "b": rng.laplace(0, 1, (10, 10)), "zero": np.zeros((5, 5))}
    table = c.curves(state)
    assert at(table, "limit", 1) < 0.5
    assert at(table, "dead_zone", 1) < at(c.curves(data), "dead_zone", 1), "a small matrix is larger in the vector"


def test_the_hull_keeps_only_corners():
    assert c._lower_hull([(0, 1), (1, 0.5), (0.5, 0.9), (2, 0.4), (3, 0.6), (1.5, 0.45)]) == [
        (0, 1),
        (1, 0.5),
        (2, 0.4),
    ]


@pytest.mark.parametrize("state", [{}, {"a": np.ones(3)}, {"a": np.zeros((3, 2))}])
def test_a_model_without_matrices_has_no_curve(state):
    with pytest.raises(WeightsError, match="no weight other than zero"):
        c.curves(state)


def test_a_tiny_matrix_has_curves():
    assert set(c.curves({"a": np.array([[1.0, -2.0], [0.5, 0.0]])})["curve"]) >= {"limit", "dead_zone", "uniform"}
