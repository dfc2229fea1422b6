"""The files of a data set: training and test split apart, so that only `evaluate` is ever given the test file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from surp.data.dataset import Dataset, Split, check_labels, statistics
from surp.errors import DataError, WeightsError
from surp.tensors.safetensors_file import read_state, write_state

SplitName = Literal["train", "test"]


@dataclass(frozen=True)
class DataInfo:
    """What a split's file says of itself.

    mean, std: per channel, of the TRAINING split, pixels in [0, 1]; both files have them, so evaluation needs the
    test file only. sha256: of the split's images and labels (`digest`). shape: one image's (C, H, W).
    """

    name: str
    split: SplitName
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
    parts: tuple[tuple[SplitName, Split, Path], ...] = (
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
        check_labels(split, len(info.classes), info.split)
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


def _parse_header(text: str, split: Split) -> DataInfo:
    channels, *_ = shape = split.images.shape[1:]
    try:
        info = TypeAdapter(DataInfo).validate_python({**json.loads(text), "shape": shape})
    except (ValueError, TypeError) as error:
        raise DataError(f"metadata surp.data is damaged: {' '.join(str(error).split())}") from None
    if not len(info.mean) == len(info.std) == channels:
        raise DataError(f"metadata surp.data does not fit {channels} channels: {text[:200]}")
    return info
