"""Trained codebooks: k-means over a tensor's survivors, then centroids tuned on training images with members fixed.

Deep Compression (Han, Mao and Dally, arXiv 1510.00149, section 3): centroids start at equal distances over the range of
the survivors (linear initialisation); the gradient of a centroid is the sum of its members' gradients. Zeros are no
members. Where the paper stores indices of fixed length, the levels here are entropy-coded.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.errors import ParameterError
from surp.parameters import ReadUnless
from surp.quantize.interface import CalibratedParameters
from surp.quantize.steps import bfloat16_step
from surp.quantize.whole import WholeModel, described
from surp.tensors.layout import Vector
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap
from surp.tensors.state import State

if TYPE_CHECKING:
    from surp.train.calibration import Calibration

_ROUNDS = 50
"""Most iterations of k-means."""
_PRECISION = 1 << 11
"""Centroids are multiples of the largest one's magnitude over this."""


class Parameters(CalibratedParameters):
    """clusters: centroids of a matrix (fully connected layer) or vector; clusters_conv: of a tensor of more dimensions.
    epochs: of tuning the centroids on `calibration` images, by stochastic gradient descent from `learning_rate` down to
    0 with `momentum`; with 0 epochs no images are needed.
    """

    clusters: int = Field(default=16, ge=2, le=1024)
    clusters_conv: int = Field(default=32, ge=2, le=1024)
    epochs: int = Field(default=2, ge=0, le=10_000)
    learning_rate: Annotated[float, ReadUnless("epochs", 0)] = Field(default=1e-4, gt=0)
    momentum: Annotated[float, ReadUnless("epochs", 0)] = Field(default=0.9, ge=0, lt=1)
    calibration: Annotated[int, ReadUnless("epochs", 0)] = Field(default=5000, ge=1)

    @property
    def images(self) -> int:
        return self.calibration if self.epochs else 0


@dataclass(eq=False)
class Codebook:
    """One tensor's codebook. centroids: by rising magnitude, shape (K,). members: index of each survivor's centroid,
    shape (survivors,). places: where in the flat tensor the survivors stand."""

    centroids: Vector
    members: NDArray[np.int64]
    places: NDArray[np.int64]

    def values(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """The tensor with every survivor at its centroid."""
        result = np.zeros(tensor.size)
        result[self.places] = self.centroids[self.members]
        return result.reshape(tensor.shape).astype(tensor.dtype)


def quantize(
    state: Mapping[str, NDArray[Any]], parameters: Parameters, calibration: Calibration | None = None
) -> Quantized:
    """Levels of a whole model.

    Raises `WeightsError` naming the tensor for NaN, infinity, or values that no level can stand for, and
    `ParameterError` if centroids are to be tuned without a calibration.
    """
    if parameters.calibrated and calibration is None:
        raise ParameterError("quantizers.codebook: tunes on training images and needs a calibration, or epochs 0")
    model = WholeModel(state, parameters)
    books = {name: _clustered(state[name], parameters) for name in described(state, parameters.tensors)}
    if calibration is not None:
        _tune(books, dict(state) | model.quantized("codebook").state(), parameters, calibration)
    for name, book in books.items():
        model.add(name, *_coded(book, state[name].shape))
    return model.quantized("codebook")


def _clustered(tensor: NDArray[Any], parameters: Parameters) -> Codebook:
    """k-means of the survivors, in units of the largest magnitude."""
    from scipy.cluster.vq import kmeans2

    flat = tensor.reshape(-1).astype(np.float64)
    places = np.flatnonzero(flat)
    values = flat[places]
    count = parameters.clusters_conv if tensor.ndim > 2 else parameters.clusters
    distinct = np.unique(values)
    if distinct.size <= count:
        centroids, members = distinct, np.searchsorted(distinct, values)
    else:
        unit = float(np.abs(values).max())
        first = np.linspace(distinct[0] / unit, distinct[-1] / unit, count)
        # A centroid without members keeps its place (`missing="warn"` says so, once an iteration).
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found, members = kmeans2(values / unit, first, iter=_ROUNDS, minit="matrix", missing="warn")
        centroids = found * unit
    used, members = np.unique(members, return_inverse=True)
    centroids = centroids[used]
    order = np.argsort(np.abs(centroids), kind="stable")
    return Codebook(centroids[order], np.argsort(order)[members], places)


def _tune(books: Mapping[str, Codebook], fixed: State, parameters: Parameters, calibration: Calibration) -> None:
    """Stochastic gradient descent on all centroids; those of the books change."""
    speed = {name: np.zeros_like(book.centroids) for name, book in books.items()}
    total = parameters.epochs * calibration.batches
    for step, gradient in enumerate(g for epoch in range(parameters.epochs) for g in calibration.gradients(epoch)):
        rate = parameters.learning_rate * (1 - step / total)
        _, slopes = gradient({**fixed, **{name: book.values(fixed[name]) for name, book in books.items()}})
        for name, book in books.items():
            if name in slopes:
                each = slopes[name].reshape(-1)[book.places].astype(np.float64)
                sums = np.bincount(book.members, each, len(book.centroids))
                speed[name] = parameters.momentum * speed[name] + sums
                book.centroids -= rate * speed[name]


def _coded(book: Codebook, shape: tuple[int, ...]) -> tuple[NDArray[np.int32], LevelMap]:
    """Levels 1, 2, ... by rising magnitude of the centroid, none negative: the coder then spends nothing on signs, and
    what a centroid is stands in its offset."""
    levels = np.zeros(int(np.prod(shape, dtype=np.int64)), dtype=np.int32)
    levels[book.places] = book.members + 1
    largest = float(np.abs(book.centroids).max(initial=0))
    step = bfloat16_step(256 * largest / _PRECISION) if largest else 1.0
    numbers = np.arange(1, len(book.centroids) + 1)
    offsets = np.rint(256 * book.centroids / step).astype(np.int64) - 256 * numbers
    return levels.reshape(shape), LevelMap(step, offsets=tuple(int(offset) for offset in offsets))
