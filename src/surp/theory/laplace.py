"""How Laplacian are the weights? Maximum-likelihood fits and their Kolmogorov-Smirnov distances.

The generalised Gaussian stands beside the Laplacian (its shape beta = 1), so that a reader sees where the paper's
assumption (arXiv 2102.08329) breaks: beta < 1 is more peaked with heavier tails, beta = 2 is Gaussian.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import gammainc, gammaln

from surp.errors import WeightsError
from surp.tensors.layout import Vector, flatten
from surp.tensors.state import State, Tensors, check_finite

BETA_RANGE = (0.1, 20.0)
"""Shapes searched. A share of exact zeros drives the likelihood up without bound as beta falls to 0."""
_SHAPE_SAMPLES = 1 << 20


@dataclass(frozen=True)
class Laplacian:
    """Density lambda/2 exp(-lambda |u|). lam: 1 / mean |u|. distance: Kolmogorov-Smirnov, in [0, 1]."""

    lam: float
    distance: float

    def density(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return 0.5 * self.lam * np.exp(-self.lam * np.abs(u))


@dataclass(frozen=True)
class GeneralisedGaussian:
    """Density beta / (2 a Gamma(1/beta)) exp(-(|u|/a)^beta). a: scale. distance: Kolmogorov-Smirnov."""

    beta: float
    a: float
    distance: float

    def density(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        log_norm = np.log(self.beta) - np.log(2 * self.a) - gammaln(1 / self.beta)
        return np.exp(log_norm - (np.abs(u) / self.a) ** self.beta)


@dataclass(frozen=True)
class Fit:
    """Both fits of one set of weights. count: weights seen. zeros: how many of them are exactly zero."""

    count: int
    zeros: int
    laplacian: Laplacian
    generalised: GeneralisedGaussian


@dataclass(frozen=True)
class ModelFit:
    """whole: the normalised vector of all tensors. tensors: each at its own scale. skipped: empty or all zero."""

    whole: Fit
    tensors: dict[str, Fit]
    skipped: tuple[str, ...]


def fit(weights: NDArray[np.floating]) -> Fit:
    """Fit both families, located at zero, to weights of any shape.

    Laplacian: the log-likelihood n ln(lambda / 2) - lambda sum |u| has its maximum at lambda = n / sum |u|.
    Raises `WeightsError` for no weights, only zeros, NaN or infinity.
    """
    u = np.sort(weights, axis=None).astype(np.float64)
    check_finite({"weights": u}, "fit")
    if not u.any():
        raise WeightsError(f"cannot fit a distribution to {u.size} weights that hold no value other than zero")
    magnitude = np.abs(u)
    lam = 1 / float(magnitude.mean())
    tails = 0.5 * np.exp(-lam * magnitude)
    laplacian = Laplacian(lam, ks_distance(np.where(u > 0, 1 - tails, tails)))
    return Fit(u.size, int(u.size - np.count_nonzero(u)), laplacian, _fit_generalised(u, magnitude))


def fit_state(state: State, tensors: Tensors = "all") -> ModelFit:
    """Fit every tensor that takes part, and the vector of all of them with each divided by its L2 norm.

    Raises `WeightsError` naming the tensor for NaN or infinity, and for a model without a non-zero weight.
    """
    vector, layout = flatten(state, tensors)
    fits = {name: fit(state[name]) for name in layout.names if state[name].any()}
    skipped = tuple(name for name in layout.names if name not in fits)
    return ModelFit(fit(vector), fits, skipped)


def ks_distance(cdf: NDArray[np.float64]) -> float:
    """sup |F_n - F| of a continuous F, from its values at the n sorted samples, shape (n,)."""
    n = cdf.size
    above = np.arange(1, n + 1) / n - cdf
    below = cdf - np.arange(n) / n
    return float(max(above.max(), below.max()))


def _fit_generalised(u: Vector, magnitude: Vector) -> GeneralisedGaussian:
    """Maximum likelihood: a^beta = beta mean |u|^beta for given beta, then a search over ln beta.

    With a put in, the log-likelihood per weight is ln beta - ln(2 a) - ln Gamma(1/beta) - 1/beta. The search sees
    at most 2^20 evenly spaced order statistics; the distance sees all weights.
    """
    mean = float(magnitude.mean())
    ordered = u[:: max(1, u.size // _SHAPE_SAMPLES)]
    scaled = np.abs(ordered) / mean

    def scale(beta: float) -> float:
        return float((beta * np.mean(scaled**beta)) ** (1 / beta))

    def loss(log_beta: float) -> float:
        beta = float(np.exp(log_beta))
        return float(-(log_beta - np.log(2 * scale(beta)) - gammaln(1 / beta) - 1 / beta))

    found = minimize_scalar(loss, bounds=tuple(np.log(BETA_RANGE)), method="bounded", options={"xatol": 1e-6})
    beta = float(np.exp(found.x))
    a = scale(beta) * mean
    inside = gammainc(1 / beta, (magnitude / a) ** beta)
    return GeneralisedGaussian(beta, a, ks_distance(0.5 + 0.5 * np.sign(u) * inside))
