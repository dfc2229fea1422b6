"""Claims about the index stream's cost: the geometric by Monte Carlo, the replay against a plain run of the rule."""

import numpy as np
import pytest

from surp.errors import ParameterError
from surp.prune.interface import Problem
from surp.prune.methods.surp import Parameters, select
from surp.tensors.layout import Layout
from surp.theory.index_stream import geometric_bits, index_bits, replay
from surp.theory.rate_distortion import rate


def plain_run(magnitudes, steps, rng, alpha=10.0, alpha_decay=0.9, decay_every=20, iterative=False):
    """The rule of the reference schedule, O(n) a step: indices, |C| before each step, mean residual after it."""
    r, n, refreshes, indices, candidates, distortion = magnitudes.copy(), magnitudes.size, 0, [], [], []

    def threshold():
        return alpha * (r[r > 0] if iterative else r).mean()

    tau = threshold()
    while len(indices) < steps:
        c = np.flatnonzero(r > tau)
        if not c.size:
            refreshes += 1
            if refreshes % decay_every == 0:
                alpha *= alpha_decay
            tau = threshold()
            continue
        index = c[int(rng.random() * c.size)]
        r[index] -= tau
        tau *= (n - 1) / n
        indices.append(index)
        candidates.append(c.size)
        distortion.append(r.mean())
    return np.array(indices), np.array(candidates), np.array(distortion)


@pytest.mark.parametrize("p", [1.0, 0.5, 0.01])
def test_a_waiting_time_costs_its_entropy(p):
    times = np.random.default_rng(0).geometric(p, 200_000)
    ideal = -np.log2(p * (1 - p) ** (times - 1.0)).mean()
    assert float(geometric_bits(p)) == pytest.approx(ideal, rel=0.01)


def test_an_index_among_few_costs_its_share_and_an_overhead_of_about_one_and_a_half_bits():
    assert float(index_bits(10, 100_000)) == pytest.approx(np.log2(10_000) + np.log2(np.e), abs=1e-3)
    assert float(index_bits(7, 7)) == 0


@pytest.mark.parametrize("iterative", [False, True])
@pytest.mark.parametrize(("n", "steps"), [(1, 1), (2, 3), (7, 30), (300, 2000), (4000, 3000)])
def test_a_replay_finds_the_candidates_of_the_run(n, steps, iterative):
    rng = np.random.default_rng(n)
    magnitudes = rng.exponential(1, n) * (rng.random(n) < (0.5 if iterative and n > 2 else 1))
    indices, candidates, distortion = plain_run(magnitudes, steps, rng, iterative=iterative)
    stream = replay(magnitudes, indices, iterative=iterative)
    assert stream.candidates.tolist() == candidates.tolist()
    np.testing.assert_allclose(stream.distortion, distortion, rtol=1e-9, atol=1e-12)
    assert stream.survivors[-1] == np.unique(indices).size
    assert stream.bits[-1] == pytest.approx(index_bits(candidates, n).sum() + stream.survivors[-1])


@pytest.mark.parametrize("iterative", [False, True])
def test_a_replay_follows_the_pruner(iterative):
    rng = np.random.default_rng(3)
    vector = rng.laplace(0, 1, 5000) * (rng.random(5000) < (0.3 if iterative else 1))
    run = select(Problem(vector, Layout.line(vector.size), 1000, rng, iterative), Parameters())
    stream = replay(np.abs(vector), run.steps, iterative=iterative)
    assert stream.survivors[-1] == 1000
    assert stream.distortion[-1] == pytest.approx(np.abs(vector - run.reconstruction).mean(), rel=1e-9)


def test_a_replay_follows_ties_and_a_decaying_alpha():
    magnitudes = np.full(50, 2.0)
    indices, candidates, _ = plain_run(magnitudes, 120, np.random.default_rng(9), alpha=30.0, decay_every=2)
    assert replay(magnitudes, indices, alpha=30.0, decay_every=2).candidates.tolist() == candidates.tolist()


def test_the_index_stream_is_far_from_the_limit():
    magnitudes = np.random.default_rng(1).exponential(1, 4000)
    indices, _, _ = plain_run(magnitudes, 3000, np.random.default_rng(2))
    stream = replay(magnitudes, indices)
    assert stream.bits[-1] / 4000 > 1.5 * float(rate(1 / magnitudes.mean(), stream.distortion[-1]))


def test_no_steps_cost_nothing():
    assert replay(np.ones(3), []).bits.size == replay(np.zeros(0), []).bits.size == 0


@pytest.mark.parametrize("steps", [[1], [2], [-1], [0, 1]])
def test_steps_of_another_run_are_refused(steps):
    with pytest.raises(ParameterError, match=r"steps\["):
        replay(np.array([3.0, 0.0]), steps, alpha=1.5)


@pytest.mark.parametrize("p", [0.0, 1.1, np.nan])
def test_a_probability_out_of_range_is_refused(p):
    with pytest.raises(ParameterError, match="p: must lie"):
        geometric_bits(p)
