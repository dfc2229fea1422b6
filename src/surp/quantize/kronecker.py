"""Quantization of one matrix where the error is 1/2 tr(G E A E^T): error feedback over columns and over rows.

E = Q - T is what the levels' values miss of the target T, shape (rows, columns); G weighs the outputs (rows), A the
inputs (columns). First all levels are chosen column by column, what one misses being made good by those not yet
chosen, along rows as in GPTQ (Frantar et al., arXiv 2210.17323) and, since G is no multiple of 1, along columns as
well; then every level is chosen anew with all others fixed, several times. Each choice minimises error + rate x bits,
as in CERWU (arXiv 2505.18758).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surp.errors import ParameterError
from surp.quantize.bits import Bits, Classes, LevelMatrix, bits_of, classes_of, total_bits
from surp.quantize.feedback import column_again, column_forward
from surp.quantize.points import OFFSETS
from surp.tensors.layout import Matrix, Vector


@dataclass(frozen=True, eq=False)
class LayerProblem:
    """target: T. outputs: G, inputs: A, both symmetric and positive definite. nonzero: False where 0 stays 0.
    rate: error units (nats) per bit."""

    target: Matrix
    outputs: Matrix
    inputs: Matrix
    nonzero: NDArray[np.bool_]
    rate: float


@dataclass(frozen=True, eq=False)
class LayerSolution:
    levels: LevelMatrix
    step: float
    offsets: tuple[int, ...]
    error: float
    bits: float

    def cost(self, rate: float) -> float:
        return self.error + rate * self.bits

    def values(self) -> Matrix:
        return self.step * in_steps(self.levels, self.offsets)


def in_steps(levels: LevelMatrix, offsets: tuple[int, ...]) -> Matrix:
    """Values of levels over the step."""
    points = _points(offsets)
    magnitude = np.abs(levels)
    return np.sign(levels) * (magnitude + points[np.minimum(magnitude, points.size - 1)])


def triangle(matrix: Matrix) -> tuple[Matrix, Vector]:
    """(F, d): with the components before i fixed at errors e and the rest at their best, e_i of component i costs
    d_i e_i^2, and the best of component k > i moves by F_ik e_i. From the upper factor of the inverse's Cholesky."""
    upper = np.linalg.cholesky(np.linalg.inv(matrix)).T
    diagonal = np.diag(upper).copy()
    return np.ascontiguousarray(upper / diagonal[:, None]), 1 / diagonal**2


def solve(problem: LayerProblem, step: float, sweeps: int, first: LevelMatrix | None = None) -> LayerSolution:
    """Levels and offsets for one step. first: levels to estimate bits from at the beginning.

    Raises `ParameterError` if a level would leave 32 bits.
    """
    if not (largest := float(np.abs(problem.target).max(initial=0)) / step) < 1 << 30:
        raise ParameterError(f"step: {step:.3g} makes {largest:.3g} steps of the largest weight; allowed: below 2^30")
    levels = np.rint(problem.target / step).astype(np.int32) if first is None else first.copy()
    levels[~problem.nonzero] = 0
    scaled = LayerProblem(
        problem.target / step, problem.outputs * step**2, problem.inputs, problem.nonzero, problem.rate
    )
    offsets: tuple[int, ...] = ()
    levels = _forward(scaled, levels)
    for _ in range(sweeps):
        offsets = _refit(scaled, levels, offsets)
        levels = _again(scaled, levels, offsets)
    offsets = _refit(scaled, levels, offsets)
    bits = float(total_bits(levels, *_estimated(levels)))
    return LayerSolution(levels, step, offsets, _error(scaled, levels, offsets), bits)


def _estimated(levels: LevelMatrix) -> tuple[Classes, Bits]:
    """Class of each place, and bits by class, as these levels let expect."""
    classes = classes_of(levels)
    return classes, bits_of(levels, classes)


def _forward(problem: LayerProblem, levels: LevelMatrix) -> LevelMatrix:
    """One pass of choices from scratch, columns with the largest moment first."""
    order = np.argsort(-np.diag(problem.inputs), kind="stable")
    across, powers = triangle(problem.inputs[np.ix_(order, order)])
    down, weights = triangle(problem.outputs)
    classes, bits = _estimated(levels)
    wanted = problem.target[:, order].T.copy()
    levels = levels.copy()
    points = _points(())
    for place, column in enumerate(order):
        nonzero = np.ascontiguousarray(problem.nonzero[:, column])
        column_forward(
            levels, column, wanted[place].copy(), weights * powers[place], down, nonzero,
            problem.rate, points, classes, bits,
        )  # fmt: skip
        missing = wanted[place] - levels[:, column]
        wanted[place + 1 :] -= across[place, place + 1 :, None] * missing
    return levels


def _again(problem: LayerProblem, levels: LevelMatrix, offsets: tuple[int, ...]) -> LevelMatrix:
    classes, bits = _estimated(levels)
    points = _points(offsets)
    levels = levels.copy()
    error = in_steps(levels, offsets) - problem.target
    for column in range(levels.shape[1]):
        power = float(problem.inputs[column, column])
        slope = problem.outputs @ (error @ problem.inputs[:, column])
        nonzero = np.ascontiguousarray(problem.nonzero[:, column])
        column_again(
            levels, column, slope, problem.outputs, power, nonzero, problem.rate, points, classes, bits
        )  # fmt: skip
        error[:, column] = in_steps(levels[:, column], offsets) - problem.target[:, column]
    return levels


def _refit(problem: LayerProblem, levels: LevelMatrix, before: tuple[int, ...]) -> tuple[int, ...]:
    """Offsets that make the error least at these levels, or those before if rounding leaves nothing gained."""
    largest = int(np.abs(levels).max(initial=0))
    signs = [
        np.sign(levels) * (np.abs(levels) == m if m < OFFSETS else np.abs(levels) >= m)
        for m in range(1, min(largest, OFFSETS) + 1)
    ]
    if not signs:
        return ()
    bare = levels - problem.target
    weighted = [problem.outputs @ (sign @ problem.inputs) for sign in signs]
    normal = np.array([[float((w * sign).sum()) for sign in signs] for w in weighted])
    right = -np.array([float((w * bare).sum()) for w in weighted])
    normal[np.diag_indices(len(signs))] *= 1 + 1e-9
    normal[np.diag_indices(len(signs))] += 1e-300
    found = np.linalg.solve(normal, right)
    offsets = tuple(int(np.clip(np.rint(256 * offset), -255, 255)) for offset in found)
    return min((before, offsets), key=lambda each: _error(problem, levels, each))


def _error(problem: LayerProblem, levels: LevelMatrix, offsets: tuple[int, ...]) -> float:
    error = in_steps(levels, offsets) - problem.target
    return 0.5 * float((problem.outputs @ error * (error @ problem.inputs)).sum())


def _points(offsets: tuple[int, ...]) -> Vector:
    return np.array([0, *offsets], dtype=np.float64) / 256
