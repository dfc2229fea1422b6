"""A data set as two files, training and test apart, so that only `evaluate` is ever given the test file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surp.errors import DataError, WeightsError
from surp.tensors.safetensors_file import read_state, write_state

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Part = Literal["train", "test"]
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
            _check_labels(split, len(self.classes), f"{self.name}: {part}")


@dataclass(frozen=True)
class DataInfo:
    """What a split's file says of itself.

    mean, std: per channel, of the TRAINING split, pixels in [0, 1]; both files have them, so evaluation needs the
    test file only. sha256: of the split's images and labels (`digest`). shape: one image's (C, H, W).
    """

    name: str
    split: Part
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str
    sha256: str
    shape: tuple[int, ...]
    title: str = ""


def write_dataset(dataset: Dataset, train: Path, test: Path) -> None:
    """Write the two `.safetensors` files, each atomically. Inverse: `read_split` of each."""
    mean, std = statistics(dataset.train.images)
    parts: tuple[tuple[Part, Split, Path], ...] = (
        ("test", dataset.test, test),
        ("train", dataset.train, train),
    )
    for part, split, path in parts:
        header = {
            "name": dataset.name,
            "split": part,
            "classes": dataset.classes,
            "mean": mean,
            "std": std,
            "source": dataset.source,
            "title": dataset.title or dataset.name,
            "sha256": digest(split),
        }
        metadata = {"surp.data": json.dumps(header), "surp.kind": "data"}
        write_state(path, {"images": split.images, "labels": split.labels}, metadata)


def read_split(path: Path) -> tuple[Split, DataInfo]:
    """Read one file of `write_dataset`; the content is checked against its SHA-256.

    Raises `DataError` if the file is missing, truncated, of another kind, of wrong shapes, or altered.
    """
    try:
        state, metadata = read_state(path)
    except WeightsError as error:
        raise DataError(str(error)) from None
    kind = metadata.get("surp.kind")
    if kind != "data" or not {"images", "labels"} <= state.keys():
        raise DataError(f"{path}: not a data split: surp.kind is {kind!r} instead of 'data'")
    try:
        split = Split(state["images"], state["labels"])
        info = _parse_header(metadata.get("surp.data", ""), split)
        _check_labels(split, len(info.classes), info.split)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    if (found := digest(split)) != info.sha256:
        raise DataError(f"{path}: content has SHA-256 {found}, its header says {info.sha256}")
    return split, info


def digest(split: Split) -> str:
    """SHA-256 of the images in C order followed by the labels as little-endian int64, in hex."""
    content = hashlib.sha256(np.ascontiguousarray(split.images).data)
    content.update(np.ascontiguousarray(split.labels, dtype="<i8").data)
    return content.hexdigest()


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


def _check_labels(split: Split, classes: int, where: str) -> None:
    low, high = int(split.labels.min()), int(split.labels.max())
    if low < 0 or high >= classes:
        raise DataError(f"{where}: labels must be from 0 to {classes - 1}; got {low} to {high}")


def _parse_header(text: str, split: Split) -> DataInfo:
    try:
        header: dict[str, Any] = json.loads(text)
        info = DataInfo(
            name=str(header["name"]),
            split=header["split"],
            classes=tuple(map(str, header["classes"])),
            mean=tuple(map(float, header["mean"])),
            std=tuple(map(float, header["std"])),
            source=str(header["source"]),
            sha256=str(header["sha256"]),
            shape=tuple(split.images.shape[1:]),
            title=str(header["title"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"metadata surp.data is damaged: {error!r}") from None
    if info.split not in ("train", "test") or not len(info.mean) == len(info.std) == split.images.shape[1]:
        raise DataError(f"metadata surp.data does not fit {split.images.shape[1]} channels: {text[:200]}")
    return info
