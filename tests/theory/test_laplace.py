"""Claims about the fits, each checked by Monte Carlo."""

import numpy as np
import pytest
from scipy import stats

from surp.errors import WeightsError
from surp.theory.laplace import BETA_RANGE, fit, fit_state, ks_distance

N = 100_000


def test_the_fit_recovers_the_rate_of_laplacian_weights():
    u = np.random.default_rng(0).laplace(0, 0.25, N)
    assert fit(u).laplacian.lam == pytest.approx(4, rel=0.02)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0, 4.0])
def test_the_fit_recovers_the_shape_of_generalised_gaussian_weights(beta):
    u = stats.gennorm.rvs(beta, scale=0.3, size=N, random_state=np.random.default_rng(1))
    found = fit(u).generalised
    assert found.beta == pytest.approx(beta, rel=0.04)
    assert found.a == pytest.approx(0.3, rel=0.06)
    assert found.distance < 0.01


def test_the_fitted_laplacian_has_the_largest_likelihood():
    u = np.random.default_rng(2).normal(0, 1, 1000)
    lam = fit(u).laplacian.lam
    likelihood = [np.log(stats.laplace.pdf(u, scale=1 / x)).sum() for x in (0.98 * lam, lam, 1.02 * lam)]
    assert likelihood[1] == max(likelihood)


def test_the_distance_is_that_of_scipy():
    u = np.random.default_rng(3).normal(0.2, 1, 5000)
    found = fit(u)
    laplacian = stats.kstest(u, stats.laplace(scale=1 / found.laplacian.lam).cdf).statistic
    generalised = stats.kstest(u, stats.gennorm(found.generalised.beta, scale=found.generalised.a).cdf).statistic
    assert found.laplacian.distance == pytest.approx(laplacian)
    assert found.generalised.distance == pytest.approx(generalised)
    assert ks_distance(np.array([0.5])) == 0.5


def test_densities_integrate_to_one():
    found = fit(np.random.default_rng(4).normal(0, 1, 1000))
    grid = np.linspace(-40, 40, 400_001)
    for density in (found.laplacian.density, found.generalised.density):
        assert np.trapezoid(density(grid), grid) == pytest.approx(1, abs=1e-3)


def test_gaussian_weights_are_farther_from_the_laplacian_than_from_the_generalised_gaussian():
    found = fit(np.random.default_rng(5).normal(0, 1, N).astype(np.float32))
    assert found.laplacian.distance > 0.04 > 5 * found.generalised.distance


def test_each_tensor_is_fitted_at_its_own_scale_and_zero_tensors_are_named():
    rng = np.random.default_rng(6)
    state = {"b": rng.laplace(0, 3, (50, 40)), "a": rng.laplace(0, 0.1, 2000), "zero": np.zeros(3), "none": np.zeros(0)}
    model = fit_state(state)
    assert list(model.tensors) == ["a", "b"]
    assert model.skipped == ("none", "zero")
    assert model.tensors["b"].laplacian.lam == pytest.approx(1 / 3, rel=0.1)
    assert model.whole.count == 4003
    assert model.whole.zeros == 3
    assert set(fit_state(state, "matrices").tensors) == {"b"}


def test_one_weight_and_constant_magnitudes_have_a_fit():
    assert fit(np.array([-2.0])).laplacian.lam == 0.5
    constant = fit(np.array([1.0, -1.0] * 50))
    assert constant.generalised.beta == pytest.approx(BETA_RANGE[1], rel=1e-3)


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [1.0, np.nan], [np.inf]])
def test_weights_without_a_fit_are_refused(weights):
    with pytest.raises(WeightsError):
        fit(np.array(weights))
