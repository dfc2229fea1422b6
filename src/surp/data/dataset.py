"""A data set in memory: images and labels, training and test apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surp.errors import DataError

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
_CHUNK = 4096  # images per step of the statistics: bounds the memory of their wider integers


@dataclass(frozen=True, eq=False)
class Split:
    """images: uint8, shape (N, C, H, W). labels: int64, shape (N,), indices into the data set's classes."""

    images: Images
    labels: Labels

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or self.images.size == 0:
            found = f"{self.images.dtype} {self.images.shape}"
            raise DataError(f"images: expected uint8 of shape (N, C, H, W), not empty; got {found}")
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            found = f"{self.labels.dtype} {self.labels.shape}"
            raise DataError(f"labels: expected int64 of shape ({len(self.images)},); got {found}")

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: NDArray[np.int64]) -> Split:
        """The images and labels at `indices`, copied."""
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True, eq=False)
class Dataset:
    """classes: their names, in the order of the labels. source: which content this is. title: what figures call the
    set. origin: where it was found; told to the user, never written, so that every machine writes the same files."""

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    source: str
    title: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        shapes = self.train.images.shape[1:], self.test.images.shape[1:]
        if shapes[0] != shapes[1]:
            raise DataError(f"{self.name}: training images are {shapes[0]}, test images {shapes[1]}")
        for part, split in (("train", self.train), ("test", self.test)):
            check_labels(split, len(self.classes), f"{self.name}: {part}")


def statistics(images: Images) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel of images (N, C, H, W), pixels in [0, 1].

    The sums are integers, so every machine gets the same numbers.
    """
    channels = images.shape[1]
    total, squares = np.zeros(channels, dtype=np.uint64), np.zeros(channels, dtype=np.uint64)
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK]
        total += part.sum(axis=(0, 2, 3), dtype=np.uint64)
        squares += np.square(part, dtype=np.uint16).sum(axis=(0, 2, 3), dtype=np.uint64)
    pixels = images.size // channels
    mean = total / pixels
    std = np.sqrt(np.maximum(squares / pixels - mean**2, 0))
    return tuple((mean / 255).tolist()), tuple((std / 255).tolist())


def split_validation(n: int, size: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices (training, validation) that partition range(n), each ascending; `size` of them for validation.

    A function of its arguments only. Raises `DataError` unless 1 <= size < n.
    """
    if not 1 <= size < n:
        raise DataError(f"validation: must be from 1 to {n - 1}, for {n} training images (got {size})")
    order = np.random.default_rng(seed).permutation(n).astype(np.int64)
    return np.sort(order[size:]), np.sort(order[:size])


def check_labels(split: Split, classes: int, where: str) -> None:
    """Raise `DataError` for a label that is no index of a class."""
    low, high = int(split.labels.min()), int(split.labels.max())
    if low < 0 or high >= classes:
        raise DataError(f"{where}: labels must be from 0 to {classes - 1}; got {low} to {high}")
