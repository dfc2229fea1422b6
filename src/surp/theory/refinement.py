"""Successive refinement: describe, subtract, describe the rest, at no loss of rate.

Two steps, D1 > D2: U = V1 + Z1 with Z1 ~ Laplace(1/D1), the source's own family, so Z1 = W + Z2 with W sparse
(0 with probability (D2/D1)^2) and Z2 ~ Laplace(1/D2). V2 = V1 + W has the law of the optimal one-step V2, since the
characteristic functions multiply, and the bits add up: log2(1/(lambda D1)) + log2(D1/D2) = R(D2). The Laplacian is
successively refinable under l1 (Equitz and Cover 1991, doi 10.1109/18.75242; arXiv 2102.08329).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surp.errors import ParameterError
from surp.tensors.layout import Vector
from surp.theory.rate_distortion import rate
from surp.theory.reconstruction import sample


def step_rates(lam: float, distortions: Sequence[float]) -> NDArray[np.float64]:
    """Bits/weight of each step of a description that reaches falling distortions D1 > D2 > ...; their sum is R(D_last).

    Step k describes Laplace(1/D_{k-1}) to D_k: log2(D_{k-1} / D_k), with D_0 = 1 / lambda.
    """
    levels = np.array([1 / lam, *distortions])
    if (np.diff(levels) > 0).any() or (levels <= 0).any():
        raise ParameterError(f"distortions: must fall from 1/lambda = {1 / lam} towards 0 (got {list(distortions)})")
    return np.array([float(rate(1 / before, after)) for before, after in pairwise(levels)])


def sample_chain(
    lam: float, distortions: Sequence[float], n: int, rng: np.random.Generator
) -> tuple[Vector, list[Vector]]:
    """Draw U and its optimal reconstructions V1, V2, ... at falling distortions, each made from the one before."""
    step_rates(lam, distortions)
    total, chain = np.zeros(n), []
    for before, after in zip([1 / lam, *distortions[:-1]], distortions, strict=True):
        total = total + sample(1 / before, after, n, rng).v
        chain.append(total)
    return total + rng.laplace(0, distortions[-1], n), chain
