"""Integers of any type as what the kernels scan (int32, int64 for 64-bit types), and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[Any]


@dataclass(frozen=True)
class Scan:
    """How a tensor outside the passes is scanned. kind: 0 for vectors and buffers, 1 for weights (they learn apart).

    dtype: int32 or int64, what is scanned. least, greatest: the levels allowed in it.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    least: int
    greatest: int
    kind: int


def scan_of(shape: tuple[int, ...], level_type: str, kind: int) -> Scan:
    """How a tensor of integers is scanned. uint32 and uint64 are taken for the signed integers of the same bits."""
    own = np.dtype(level_type)
    scanned = np.dtype(np.int64 if own.itemsize == 8 else np.int32)
    if own.kind == "b":
        return Scan(shape, scanned, 0, 1, kind)
    info: np.iinfo[Any] = np.iinfo(str(scanned if own.itemsize >= 4 else own))
    return Scan(shape, scanned, int(info.min), int(info.max), kind)


def to_scan(levels: Levels, scan: Scan) -> Levels:
    """C-ordered and writable (one compiled form serves all); no copy where levels are that already."""
    if levels.dtype.kind == "u" and levels.dtype.itemsize == scan.dtype.itemsize:
        levels = np.ascontiguousarray(levels).view(scan.dtype)
    return np.require(levels.astype(scan.dtype, copy=False), requirements=["C", "W"]).reshape(scan.shape)


def from_scan(levels: Levels, level_type: str) -> Levels:
    """Inverse of `to_scan`."""
    own = np.dtype(level_type)
    if own.kind == "u" and own.itemsize == levels.dtype.itemsize:
        return levels.view(own)
    return levels.astype(own, copy=False)
