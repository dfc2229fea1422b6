"""Claims about the limit: against Blahut-Arimoto, against Monte Carlo, and against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from surp.errors import ParameterError
from surp.tensors.layout import flatten
from surp.theory import rate_distortion as rd


def blahut_arimoto(width, slope, rounds, lam=1.0, reach=8.0):
    """One point (R, D) of a Laplacian on a grid, where dR/dD = -slope / ln 2, and the reconstruction's law q."""
    grid = np.arange(-round(reach / width), round(reach / width) + 1) * width
    p = np.exp(-lam * np.abs(grid))
    p /= p.sum()
    distances = np.abs(grid[:, None] - grid)
    kernel = np.exp(-slope * distances)
    q = np.full(grid.size, 1 / grid.size)
    for _ in range(rounds):
        q = q * ((p / (kernel @ q)) @ kernel)
    conditional = kernel * q / (kernel @ q)[:, None]
    joint = p[:, None] * conditional
    output = np.broadcast_to(joint.sum(0), joint.shape)
    seen = joint > 1e-200
    return (joint[seen] * np.log2(conditional[seen] / output[seen])).sum(), (joint * distances).sum(), q


@pytest.mark.parametrize("distortion", [0.25, 0.5, 0.8])
def test_the_limit_is_what_blahut_and_arimoto_compute(distortion):
    bits, reached, _ = blahut_arimoto(width=0.08, slope=1 / distortion, rounds=400)
    assert reached == pytest.approx(distortion, abs=0.006)
    assert bits == pytest.approx(float(rd.rate(1, reached)), abs=0.02)


@pytest.mark.parametrize("distortion", [0.25, 0.5, 0.8])
def test_the_best_reconstruction_that_blahut_and_arimoto_find_is_as_sparse_as_the_formula_says(distortion):
    # On a grid source and error are two-sided geometric, a^|k| and b^|k|; the mass at 0 tends to D^2 for small widths.
    width = 0.25
    *_, q = blahut_arimoto(width, slope=1 / distortion, rounds=20_000)
    a, b = np.exp(-width), np.exp(-width / distortion)
    mass = ((1 - a) / (1 - b)) ** 2 * b / a
    assert mass == pytest.approx(distortion**2, abs=0.02)
    assert q[q.size // 2] == pytest.approx(mass + (1 - mass) * (1 - a) / (1 + a), abs=0.01)


def test_no_scalar_quantizer_beats_the_limit():
    u = np.random.default_rng(0).laplace(0, 1, 50_000)
    for step in (0.3, 1.0, 2.0):
        levels = np.rint(u / step)
        reached = np.abs(u - step * levels).mean()
        assert rd.empirical_entropy(levels) > float(rd.rate(1, reached))


@given(lam=st.floats(1e-3, 1e3), bits=st.floats(0, 30))
def test_rate_and_distortion_are_inverse(lam, bits):
    assert float(rd.rate(lam, rd.distortion(lam, bits))) == pytest.approx(bits, abs=1e-9)


def test_nothing_need_be_sent_from_the_mean_magnitude_on():
    assert rd.rate(2, [0.5, 0.7, 100]).tolist() == [0, 0, 0]
    assert float(rd.rate(2, 0)) == np.inf


def test_entropies_of_known_distributions():
    assert rd.entropy([1, 1, 2]) == pytest.approx(1.5)
    assert rd.entropy([]) == rd.entropy([3, 0]) == 0
    assert rd.binary_entropy([0, 0.5, 1]).tolist() == [0, 1, 0]
    assert rd.empirical_entropy(np.array([5, 5, -1, -1])) == 1
    assert rd.empirical_entropy(np.zeros(0, np.int32)) == 0


def test_the_differential_entropy_behind_the_limit_is_that_of_samples():
    lam, step = 2.0, 0.02
    u = np.random.default_rng(1).laplace(0, 1 / lam, 1_000_000)
    estimate = rd.empirical_entropy(np.floor(u / step)) + np.log2(step)
    assert estimate == pytest.approx(np.log2(2 * np.e / lam), abs=0.01)


tensors = st.lists(st.tuples(st.floats(0, 10) | st.just(0.0), st.integers(0, 1000)), max_size=6)


@given(tensors, st.floats(1e-6, 1))
def test_the_water_level_spends_exactly_the_distortion(parts, part):
    means, counts = np.array([m for m, _ in parts]), np.array([n for _, n in parts])
    total = float((means * counts).sum() / counts.sum()) if counts.sum() else 0.0
    theta = rd.water_level(means, counts, part * total)
    if total > 0:
        assert (np.minimum(theta, means) * counts).sum() / counts.sum() == pytest.approx(part * total, rel=1e-9)


@given(tensors, st.floats(0.01, 0.99))
def test_the_water_level_is_the_root_a_solver_finds(parts, part):
    means, counts = np.array([m for m, _ in parts]), np.array([n for _, n in parts])
    total = float((means * counts).sum() / max(1, counts.sum()))
    if total > 1e-3:
        root = brentq(
            lambda x: (np.minimum(x, means) * counts).sum() / counts.sum() - part * total, 0, means.max(), xtol=1e-12
        )
        assert rd.water_level(means, counts, part * total) == pytest.approx(root, rel=1e-6, abs=1e-9)


def test_water_filling_beats_every_other_split_of_the_distortion():
    means, counts, distortion = np.array([1.0, 0.2, 3.0]), np.array([10, 70, 20]), 0.3
    best = rd.water_filling_rate(means, counts, distortion)
    rng = np.random.default_rng(2)
    for _ in range(2000):
        split = rng.dirichlet([1, 1, 1]) * distortion * counts.sum() / counts
        bits = sum(n * float(rd.rate(1 / m, d)) for m, n, d in zip(means, counts, split, strict=True)) / counts.sum()
        assert bits >= best - 1e-9


def test_one_tensor_costs_the_limit_and_zero_tensors_cost_nothing():
    assert rd.water_filling_rate([0.5], [7], 0.1) == pytest.approx(float(rd.rate(2, 0.1)))
    assert rd.water_filling_rate([0.5, 0], [7, 7], 0.05) == pytest.approx(0.5 * float(rd.rate(2, 0.1)))
    assert rd.water_filling_rate([0.5], [7], 0) == np.inf
    assert rd.water_filling_rate([0], [7], 0) == rd.water_filling_rate([], [], 0.1) == 0


def test_the_reference_of_a_model_is_the_limit_of_its_tensors():
    rng = np.random.default_rng(3)
    vector, layout = flatten({"a": rng.laplace(0, 5, (300, 100)), "zero": np.zeros((20, 10)), "none": np.zeros(0)})
    mean = np.abs(vector).mean()
    bits = rd.laplacian_reference(vector, layout.bounds, 0.25 * mean)
    assert bits == pytest.approx(30_000 / 30_200 * 2, rel=1e-9)
    assert rd.laplacian_reference(vector, layout.bounds, mean) == 0
    assert rd.laplacian_reference(np.zeros(0), np.array([0]), 0.1) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: rd.rate(0, 0.1),
        lambda: rd.rate(np.inf, 0.1),
        lambda: rd.rate(1, [0.1, -0.1]),
        lambda: rd.rate(1, np.nan),
        lambda: rd.distortion(1, -1),
        lambda: rd.water_level([1], [1], np.nan),
        lambda: rd.water_level([-1], [1], 0.1),
        lambda: rd.water_filling_rate([np.nan], [1], 0.1),
    ],
)
def test_values_out_of_range_are_refused(call):
    with pytest.raises(ParameterError, match="must be"):
        call()
