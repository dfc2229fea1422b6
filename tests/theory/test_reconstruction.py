"""Claims about the sparse optimal reconstruction, by Monte Carlo."""

import numpy as np
import pytest
from scipy import stats

from surp.errors import ParameterError
from surp.theory import reconstruction as rec
from surp.theory.rate_distortion import rate

N = 200_000
CASES = pytest.mark.parametrize(("lam", "distortion"), [(1.0, 0.3), (4.0, 0.2), (1.0, 0.95)])


@CASES
def test_the_sum_of_reconstruction_and_error_is_the_source(lam, distortion):
    drawn = rec.sample(lam, distortion, N, np.random.default_rng(0))
    assert stats.kstest(drawn.u, stats.laplace(scale=1 / lam).cdf).statistic < 0.005
    assert np.abs(drawn.u - drawn.v).mean() == pytest.approx(distortion, rel=0.02)


@CASES
def test_the_reconstruction_is_zero_as_often_as_the_formula_says(lam, distortion):
    drawn = rec.sample(lam, distortion, N, np.random.default_rng(1))
    assert (drawn.v == 0).mean() == pytest.approx(rec.zero_probability(lam, distortion), abs=0.005)


@CASES
def test_the_reconstruction_carries_exactly_the_rate_of_the_limit(lam, distortion):
    u, v, _ = rec.sample(lam, distortion, N, np.random.default_rng(2))
    log_ratio = np.log(stats.laplace.pdf(u - v, scale=distortion) / stats.laplace.pdf(u, scale=1 / lam))
    assert log_ratio.mean() / np.log(2) == pytest.approx(float(rate(lam, distortion)), abs=0.02)


@CASES
def test_from_below_the_magnitude_is_exponential_and_never_exceeded(lam, distortion):
    u, v, _ = rec.one_sided_sample(lam, distortion, N, np.random.default_rng(3))
    assert (v <= u).all()
    assert (u - v).mean() == pytest.approx(distortion, rel=0.02)
    assert stats.kstest(u, stats.expon(scale=1 / lam).cdf).statistic < 0.005
    assert (v == 0).mean() == pytest.approx(rec.one_sided_zero_probability(lam, distortion), abs=0.005)


@CASES
def test_from_below_the_rate_is_the_limit_and_a_sign_for_each_weight_that_is_not_zero(lam, distortion):
    u, v, _ = rec.one_sided_sample(lam, distortion, N, np.random.default_rng(4))
    log_ratio = np.log(stats.expon.pdf(u - v, scale=distortion) / stats.expon.pdf(u, scale=1 / lam))
    bits = log_ratio.mean() / np.log(2) + (v != 0).mean()
    assert bits == pytest.approx(rec.one_sided_rate(lam, distortion), abs=0.02)


def test_at_no_distortion_nothing_is_zero_and_at_the_mean_magnitude_everything():
    assert rec.zero_probability(2, 0) == 0
    assert rec.zero_probability(2, 0.5) == rec.one_sided_zero_probability(2, 0.5) == 1
    assert not rec.sample(2, 0.5, 100, np.random.default_rng(5)).v.any()


@pytest.mark.parametrize(("lam", "distortion"), [(0, 0.1), (1, -0.1), (1, 1.1), (1, np.nan)])
def test_a_distortion_above_the_mean_magnitude_is_refused(lam, distortion):
    with pytest.raises(ParameterError, match=r"\[0, 1/lambda\]"):
        rec.zero_probability(lam, distortion)
