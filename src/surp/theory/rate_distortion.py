"""The limit: how many bits a weight a Laplacian source needs at a mean absolute error D, for one and many tensors.

R(D) = h(U) - max h(Z) with E|Z| <= D. Both maxima are Laplacian, h(Laplace(lambda)) = log2(2 e / lambda), and the
bound is reached because U = V + Z has a solution (`surp.theory.reconstruction`), hence R(D) = -log2(lambda D)
(Berger, Rate Distortion Theory, 1971; arXiv 2102.08329). `tests/theory` checks it numerically by
the algorithm of Blahut and Arimoto.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surp.errors import ParameterError
from surp.tensors.layout import Vector


def rate(lam: float, distortion: ArrayLike) -> NDArray[np.float64]:
    """R(D) = max(0, -log2(lambda D)), bits/weight, shape of `distortion`; infinite at D = 0."""
    _positive("lam", lam)
    d = np.asarray(distortion, dtype=np.float64)
    if (d < 0).any() or np.isnan(d).any():
        raise ParameterError(f"distortion: must be at least 0 (got {distortion!r})")
    with np.errstate(divide="ignore"):
        return np.maximum(0.0, -np.log2(lam * d))


def distortion(lam: float, bits: ArrayLike) -> NDArray[np.float64]:
    """D(R) = 2^-R / lambda, the inverse of `rate`, in the unit of the weights, shape of `bits`."""
    _positive("lam", lam)
    r = np.asarray(bits, dtype=np.float64)
    if (r < 0).any() or np.isnan(r).any():
        raise ParameterError(f"bits: must be at least 0 (got {bits!r})")
    return np.exp2(-r) / lam


def entropy(probabilities: ArrayLike) -> float:
    """Shannon entropy -sum p log2 p, bits, of weights >= 0 that are scaled to sum 1; 0 for no weight at all."""
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[p > 0]
    if not p.size:
        return 0.0
    p = p / p.sum()
    return max(0.0, float(-(p * np.log2(p)).sum()))


def binary_entropy(p: ArrayLike) -> NDArray[np.float64]:
    """h(p) = -p log2 p - (1-p) log2(1-p), bits, shape of `p`; h(0) = h(1) = 0."""
    x = np.asarray(p, dtype=np.float64)
    inside = (x > 0) & (x < 1)
    q = np.where(inside, x, 0.5)
    return np.where(inside, -q * np.log2(q) - (1 - q) * np.log2(1 - q), 0.0)


def empirical_entropy(symbols: NDArray[Any]) -> float:
    """Entropy of the observed frequencies, bits/symbol: the ideal rate of symbols sent independently."""
    return entropy(np.unique(symbols, return_counts=True)[1])


def water_level(means: ArrayLike, counts: ArrayLike, distortion: float) -> float:
    """theta with sum n_t/n min(theta, m_t) = D: the distortion that every tensor with m_t > theta gets.

    means: mean magnitudes m_t = 1 / lambda_t, 0 for a zero tensor; counts: weights n_t; both of shape (tensors,).
    The left side is piecewise linear in theta with corners at the m_t, so the answer is exact: with the smallest
    means already filled, the rest share what is left of D. At or above the mean magnitude of all weights: max m_t.
    """
    m, share = _parts(means, counts)
    if not distortion >= 0:
        raise ParameterError(f"distortion: must be at least 0 (got {distortion!r})")
    order = np.argsort(m)
    m, share = m[order], share[order]
    filled = np.concatenate([[0.0], np.cumsum(m * share)])[:-1]
    rest = np.cumsum(share[::-1])[::-1]
    reached = filled + rest * m
    if not m.size or distortion >= reached[-1]:
        return float(m[-1]) if m.size else 0.0
    first = int(np.searchsorted(reached, distortion, side="right"))
    return float((distortion - filled[first]) / rest[first])


def water_filling_rate(means: ArrayLike, counts: ArrayLike, distortion: float) -> float:
    """sum n_t/n max(0, log2(m_t / theta)), bits/weight: the least rate of independent Laplacian tensors at mean D.

    Reverse water-filling (Cover and Thomas, Elements of Information Theory, 2nd edition, section 10.3.3, with l1 in
    place of squared distortion): dR_t/dD_t = -1 / (D_t ln 2) is equal for all tensors that cost any bits.
    Zero tensors cost nothing; D = 0 costs infinitely much unless all are zero.
    """
    m, share = _parts(means, counts)
    theta = water_level(means, counts, distortion)
    wet = m > theta
    if not wet.any():
        return 0.0
    return float((share[wet] * np.log2(m[wet] / theta)).sum()) if theta > 0 else float("inf")


def laplacian_reference(vector: Vector, bounds: NDArray[np.int64], distortion: float) -> float:
    """Column `laplacian_reference`, bits/weight: what Laplacian tensors of these sizes and scales would cost.

    vector and bounds: from `surp.tensors.layout.flatten` and `Layout.bounds`. distortion: mean |u - v| of the
    vector, in its own unit. A model's rate and not a bound on real weights: those are neither independent nor exactly
    Laplacian. Meaningless where weights were already sparse.
    """
    counts = np.diff(bounds)
    sums = [float(np.abs(vector[a:b]).sum()) for a, b in pairwise(bounds)]
    means = np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)
    return water_filling_rate(means, counts, distortion)


def _parts(means: ArrayLike, counts: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean magnitudes and shares n_t/n of the tensors that hold any weight."""
    m, n = np.asarray(means, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if (m < 0).any() or (n < 0).any() or not np.isfinite(m).all():
        raise ParameterError(f"means and counts: must be finite and at least 0 (got {m.tolist()}, {n.tolist()})")
    m, n = m[n > 0], n[n > 0]
    return m, n / n.sum() if n.size else n


def _positive(key: str, value: float) -> None:
    if not (value > 0 and np.isfinite(value)):
        raise ParameterError(f"{key}: must be finite and greater than 0 (got {value!r})")
