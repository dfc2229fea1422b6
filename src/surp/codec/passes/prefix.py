"""What a prefix of the passes means as a model of its own: coarser levels, their map, their reconstruction points.

After k of P passes a level is m >> (P - k) and the step has grown by (256 / ratio)^(P - k). Where in its wider cell a
value is put, the encoder knows from the finer levels: it sends, before each pass but the last, the medians of
the finer values in the cells |l| = 1 and |l| >= 2, in units of 2/256 cell, one byte each and common to all tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surp.codec.frame.header import PointPair
from surp.codec.frame.wire import POINT_UNIT
from surp.errors import ParameterError
from surp.tensors.levels import Quantized
from surp.tensors.maps import LevelMap

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, fill the unit interval evenly."""
_SAMPLE = 1 << 17
"""Weights of a tensor that the medians are taken from: evenly spread survivors."""


def points(levels: Sequence[NDArray[Any]], maps: Sequence[LevelMap], passes: int) -> list[PointPair]:
    """Reconstruction points after 1, ..., P - 1 passes; each int8, in units of 2/256 cell above the lower end."""
    samples = [_survivors(level) for level in levels]
    spreads = [_spread(fine, level_map) for fine, level_map in zip(samples, maps, strict=True)]
    result: list[PointPair] = []
    for shift in range(passes - 1, 0, -1):
        cells = [fine >> shift for fine in samples]
        rests = [
            spread / (256 / level_map.ratio) ** shift - LevelMap(1.0, level_map.ratio).values(cell)
            for spread, cell, level_map in zip(spreads, cells, maps, strict=True)
        ]
        result.append(_medians(np.concatenate(cells), np.concatenate(rests)))
    return result


def _spread(fine: NDArray[np.int64], level_map: LevelMap) -> NDArray[np.float64]:
    """Values of the finest levels in steps, spread evenly around each level's point.

    All weights of a level have one value; a median of so few different values would be one of them and too low.
    """
    lower = LevelMap(1.0, level_map.ratio).values(fine)
    middle = LevelMap(1.0, level_map.ratio, level_map.offsets).values(fine)
    return lower + 2 * (middle - lower) * (np.arange(fine.size) * _GOLDEN % 1)


def truncated(whole: Quantized, passes: int, middles: Sequence[PointPair]) -> Quantized:
    """The model that the first passes tell. `middles`: the points after 1, 2, ... passes, as far as they are known.

    Raises `ParameterError` for more passes than there are.
    """
    if not 1 <= passes <= whole.passes or not whole.embedded:
        raise ParameterError(f"passes: {passes}; this file has {whole.passes if whole.embedded else 0}")
    shift = whole.passes - passes
    if shift == 0:
        return whole
    levels, maps, tail = dict(whole.levels), dict(whole.maps), whole.tail
    for name in whole.embedded:
        fine = maps[name]
        assert isinstance(fine, LevelMap), "the header refuses embedded tensors without steps"
        levels[name] = coarse_levels(levels[name], shift)
        maps[name] = coarse_map(fine, shift, middles[passes - 1])
    if tail:
        tail = replace(tail, map=coarse_map(tail.map, shift, middles[passes - 1]))
    return replace(whole, levels=levels, maps=maps, passes=passes, tail=tail)


def coarse_levels(levels: NDArray[Any], shift: int | NDArray[np.int32]) -> NDArray[Any]:
    """Levels without their last `shift` bits (one number, or some that spread over the levels), signs kept.

    Embedded levels fit int32, whatever their type.
    """
    coarse = np.asarray(np.abs(levels.astype(np.int32, copy=False)))
    coarse >>= shift
    np.negative(coarse, out=coarse, where=levels < 0)
    return coarse.astype(levels.dtype, copy=False)


def coarse_map(fine: LevelMap, shift: int, point: PointPair) -> LevelMap:
    """The map of levels without their last `shift` bits."""
    largest = float(np.finfo(np.float32).max)
    step = min(max(fine.step * (256 / fine.ratio) ** shift, -largest), largest)
    return LevelMap(float(np.float32(step)), fine.ratio, (point[0] * POINT_UNIT, point[1] * POINT_UNIT))


def _survivors(levels: NDArray[Any]) -> NDArray[np.int64]:
    """Magnitudes of about `_SAMPLE` survivors, all if they are fewer. An odd stride favours no column."""
    flat = levels.reshape(-1)
    stride = np.count_nonzero(flat) // _SAMPLE | 1
    sample = flat[::stride]
    return np.abs(sample[sample != 0].astype(np.int64))


def _medians(cells: NDArray[np.int64], rests: NDArray[np.float64]) -> PointPair:
    first = _median(rests[cells == 1], 0)
    return first, _median(rests[cells > 1], first)


def _median(rests: NDArray[np.float64], otherwise: int) -> int:
    if rests.size == 0:
        return otherwise
    return int(np.clip(np.rint(np.median(rests) * 256 / POINT_UNIT), -128, 127))
