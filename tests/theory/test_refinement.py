"""Claims about successive refinement, by Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from surp.errors import ParameterError
from surp.theory.rate_distortion import rate
from surp.theory.reconstruction import zero_probability
from surp.theory.refinement import sample_chain, step_rates


@given(lam=st.floats(0.01, 100), parts=st.lists(st.floats(0.1, 1), min_size=1, max_size=6))
def test_the_rates_of_the_steps_add_up_to_the_rate_of_one_step(lam, parts):
    distortions = (np.cumprod(parts) / lam).tolist()
    assert step_rates(lam, distortions).sum() == pytest.approx(float(rate(lam, distortions[-1])), abs=1e-9)


def test_each_prefix_of_a_chain_is_an_optimal_reconstruction():
    lam, distortions = 2.0, [0.4, 0.2, 0.1]
    u, chain = sample_chain(lam, distortions, 200_000, np.random.default_rng(0))
    assert stats.kstest(u, stats.laplace(scale=1 / lam).cdf).statistic < 0.005
    for v, distortion in zip(chain, distortions, strict=True):
        assert np.abs(u - v).mean() == pytest.approx(distortion, rel=0.02)
        assert (v == 0).mean() == pytest.approx(zero_probability(lam, distortion), abs=0.005)
        assert stats.kstest(u - v, stats.laplace(scale=distortion).cdf).statistic < 0.005


def test_what_is_left_is_independent_of_what_was_described():
    u, (v, _) = sample_chain(1.0, [0.5, 0.2], 200_000, np.random.default_rng(1))
    assert stats.ks_2samp((u - v)[v == 0], (u - v)[v > 1]).statistic < 0.015


def test_each_step_changes_few_weights():
    _, (first, second) = sample_chain(1.0, [0.5, 0.4], 200_000, np.random.default_rng(2))
    assert (first == second).mean() == pytest.approx((0.4 / 0.5) ** 2, abs=0.005)


@pytest.mark.parametrize("distortions", [[0.5, 0.6], [1.5], [0.5, 0.0]])
def test_distortions_that_do_not_fall_are_refused(distortions):
    with pytest.raises(ParameterError, match="must fall"):
        step_rates(1.0, distortions)
