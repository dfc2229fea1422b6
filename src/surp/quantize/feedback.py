"""Compiled parts of quantization with error feedback: one column of a matrix at a time, row after row."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from surp.kernels import announce
from surp.quantize.bits import Bits, Classes, LevelMatrix, cost_of, count_levels, neighbourhood_of, total_bits
from surp.tensors.layout import Matrix, Vector


@numba.njit(cache=True, nogil=True)
def value_of(level: int, points: Vector) -> float:
    """Value in steps; points: offsets in steps of |l| = 0, 1, ..., the last for all larger."""
    magnitude = abs(level)
    value = magnitude + points[min(magnitude, points.size - 1)]
    return float(-value if level < 0 else value)


@numba.njit(cache=True, nogil=True)
def best_level(wanted: float, weight: float, rate: float, points: Vector, bits: Bits) -> int:
    """The level l that makes weight / 2 (value(l) - wanted)^2 + rate bits(l) least: 0 or one of three near `wanted`.

    wanted, points: in steps. At rate 0 and points 0 this rounds to the nearest.
    """
    target = abs(wanted)
    best, least = 0, 0.5 * weight * target * target + rate * cost_of(0, bits)
    near = int(target + 0.5)
    for magnitude in range(max(1, near - 1), near + 2):
        error = value_of(magnitude, points) - target
        cost = 0.5 * weight * error * error + rate * cost_of(magnitude, bits)
        if cost < least:
            best, least = magnitude, cost
    return -best if wanted < 0 else best


@numba.njit(cache=True, nogil=True)
def column_forward(
    levels: LevelMatrix, column: int, wanted: Vector, weights: Vector, feedback: Matrix, nonzero: NDArray[np.bool_],
    rate: float, points: Vector, classes: Classes, bits: Bits,
) -> None:  # fmt: skip
    """Choose the levels of one column from scratch; what each misses is made good by the rows after it.

    wanted: in steps, shape (rows,), changed on the way. weights: of each row's error. feedback: upper triangle.
    nonzero: False where the level stays 0.
    """
    for row in range(wanted.size):
        level = 0
        if nonzero[row]:
            context = bits[classes[row, column], neighbourhood_of(levels, row, column)]
            level = best_level(wanted[row], weights[row], rate, points, context)
        levels[row, column] = level
        missing = wanted[row] - value_of(level, points)
        for after in range(row + 1, wanted.size):
            wanted[after] -= missing * feedback[row, after]


@numba.njit(cache=True, nogil=True)
def column_again(
    levels: LevelMatrix, column: int, slope: Vector, outputs: Matrix, power: float, nonzero: NDArray[np.bool_],
    rate: float, points: Vector, classes: Classes, bits: Bits,
) -> None:  # fmt: skip
    """Choose the levels of one column anew, each the best while all others stay.

    slope: derivative of the error with respect to this column's values, shape (rows,), kept up to date; outputs x
    power: second derivatives, shape (rows, rows).
    """
    for row in range(slope.size):
        if not nonzero[row]:
            continue
        weight = outputs[row, row] * power
        before = value_of(levels[row, column], points)
        context = bits[classes[row, column], neighbourhood_of(levels, row, column)]
        level = best_level(before - slope[row] / weight, weight, rate, points, context)
        change = value_of(level, points) - before
        levels[row, column] = level
        if change != 0:
            for other in range(slope.size):
                slope[other] += change * power * outputs[row, other]


@numba.njit(cache=True, nogil=True)
def choose(levels: LevelMatrix, wanted: Matrix, rate: float, points: Vector, classes: Classes, bits: Bits) -> None:
    """Choose all levels in the coder's order, each by (value - wanted)^2 + rate x bits; zeros stay zeros."""
    for row in range(levels.shape[0]):
        for column in range(levels.shape[1]):
            if wanted[row, column] == 0:
                levels[row, column] = 0
            else:
                context = bits[classes[row, column], neighbourhood_of(levels, row, column)]
                levels[row, column] = best_level(wanted[row, column], 2.0, rate, points, context)


def ready() -> None:
    """To be called before the first use of a kernel of this file or of `bits`."""
    announce(count_levels, total_bits, column_forward, column_again, choose)
