"""The optimal reconstruction is sparse: why a good code must prune (arXiv 2102.08329).

A reconstruction V is optimal if U = V + Z with Z of largest entropy at E|Z| = D and independent of V.

Two-sided, d = |u - v|. U is Laplace(lambda) with characteristic function lambda^2 / (lambda^2 + t^2), Z is
Laplace(1/D) with 1 / (1 + D^2 t^2). Their quotient is

    (lambda D)^2 + (1 - (lambda D)^2) lambda^2 / (lambda^2 + t^2),

so V is 0 with probability (lambda D)^2 and Laplace(lambda) otherwise.

One-sided, v <= u on magnitudes. |U| is Exp(lambda) with Laplace transform lambda / (lambda + s), Z is exponential
with mean D, 1 / (1 + D s). Their quotient is lambda D + (1 - lambda D) lambda / (lambda + s), so V is 0 with
probability lambda D and Exp(lambda) otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surp.errors import ParameterError
from surp.theory.rate_distortion import rate


class Sample(NamedTuple):
    """u = v + z, each of shape (n,)."""

    u: NDArray[np.float64]
    v: NDArray[np.float64]
    z: NDArray[np.float64]


def zero_probability(lam: float, distortion: float) -> float:
    """P(V = 0) = (lambda D)^2: the least share of weights that an optimal code at distortion D prunes."""
    return _product(lam, distortion) ** 2


def one_sided_zero_probability(lam: float, distortion: float) -> float:
    """P(V = 0) = lambda D, if a magnitude may only be approached from below, as SuRP's steps do."""
    return _product(lam, distortion)


def one_sided_rate(lam: float, distortion: float) -> float:
    """R(D) + (1 - lambda D), bits/weight: the magnitude from below, and a sign for each weight that is not zero.

    The sign is not free here, unlike in the two-sided code, hence reconstruction points inside the interval.
    """
    return float(rate(lam, distortion)) + 1 - _product(lam, distortion)


def sample(lam: float, distortion: float, n: int, rng: np.random.Generator) -> Sample:
    """Draw V, then U = V + Z, two-sided: U is Laplace(lambda) and mean |U - V| is D."""
    zero = rng.random(n) < zero_probability(lam, distortion)
    v = np.where(zero, 0.0, rng.laplace(0, 1 / lam, n))
    z = rng.laplace(0, distortion, n)
    return Sample(v + z, v, z)


def one_sided_sample(lam: float, distortion: float, n: int, rng: np.random.Generator) -> Sample:
    """Draw V, then U = V + Z >= V >= 0: U is Exp(lambda) and mean U - V is D."""
    zero = rng.random(n) < one_sided_zero_probability(lam, distortion)
    v = np.where(zero, 0.0, rng.exponential(1 / lam, n))
    z = rng.exponential(distortion, n)
    return Sample(v + z, v, z)


def _product(lam: float, distortion: float) -> float:
    if not (lam > 0 and distortion >= 0 and lam * distortion <= 1):
        raise ParameterError(f"distortion: must lie in [0, 1/lambda] (got {distortion!r}, lambda = {lam!r})")
    return lam * distortion
