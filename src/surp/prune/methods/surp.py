"""SuRP: prune by successive refinement (Isik, No, Weissman, arXiv 2102.08329).

`mode: reference` is the paper's algorithm as the authors' code behaves. State: residual magnitudes r, reconstruction
v, threshold tau. Candidates are {i : r_i > tau}; draw one of them, v_i += tau, r_i -= tau; a weight survives once it
has been hit. tau = alpha * mean(r) at the start, tau *= (n - 1) / n after each step; when no candidate is left tau is
set to alpha * mean(r) again, after alpha *= alpha_decay at every `decay_every`-th time. One-shot runs take the mean
over all r, iterative ones over those that are not zero. It stops exactly when enough distinct weights have been hit.

`mode: embedded` describes in passes instead of steps, with the k-th magnitude as last threshold. It therefore keeps
what norm-scaled global magnitude keeps, and is not the paper's method; only its reconstruction differs.

A rate is that of the index stream (`reference`) or the coded size of the passes (`embedded`). Both describe the vector
as it is given, so with importance they would describe weights that no decoder can undo, and there is no rate.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from surp.errors import TargetError, WeightsError
from surp.parameters import ReadUnless
from surp.prune.interface import Problem, Selection, Stop, Target, WeightedParameters
from surp.prune.surp import embedded
from surp.tensors.layout import Vector

TITLE = "SuRP"
_BATCH = 1 << 16
_P = TypeVar("_P", int, float)
_OfReference = Annotated[_P, ReadUnless("mode", "embedded")]


class Parameters(WeightedParameters):
    """alpha: first threshold over mean residual; the authors use 10 (ResNet-20) and 13 (VGG-16).

    keep: fine-tuning starts from the coarse reconstruction, as the authors' does, or from the survivors' own weights.
    The reconstruction measured better (`docs/method.md`).
    """

    keep: Literal["weights", "reconstruction"] = "reconstruction"
    mode: Literal["reference", "embedded"] = "reference"
    alpha: _OfReference[float] = Field(default=10.0, gt=0)
    alpha_decay: _OfReference[float] = Field(default=0.9, gt=0, lt=1)
    decay_every: _OfReference[int] = Field(default=20, ge=1)

    @property
    def coarse(self) -> bool:
        return self.keep == "reconstruction"

    @property
    def stops(self) -> tuple[Stop, ...]:
        return ("sparsity", "rate", "distortion") if self.importance == "none" else ("sparsity", "distortion")


def select(problem: Problem, parameters: Parameters) -> Selection:
    """The first distinct weights that SuRP hits (`reference`), or the largest (`embedded`).

    Takes one `rng.random()` a step in mode `reference`, none in mode `embedded`. Raises `WeightsError` if the
    magnitudes have no finite sum.
    """
    if parameters.mode == "embedded":
        return embedded.keep(problem.vector, problem.count)
    return _reference(problem, problem.count, parameters)


def reach(problem: Problem, target: Target, parameters: Parameters) -> Selection:
    """The weights hit until the rate is spent or the distortion met (`reference`), or as many of the largest.

    Raises `TargetError` naming what can be reached.
    """
    if parameters.mode == "embedded":
        return embedded.reach(problem.vector, problem.layout, target)
    selection = _reference(problem, target, parameters)
    if not selection.survivors.any():
        raise TargetError(f"{target}: too few bits for SuRP's first step; allowed: more")
    return selection


def _reference(problem: Problem, wanted: int | Target, parameters: Parameters) -> Selection:
    from surp.prune.surp.draws import Draws
    from surp.prune.surp.reference import ThresholdSchedule, run_schedule

    vector = problem.vector
    residual, kept = _residual(vector, problem.iterative)
    schedule = ThresholdSchedule(parameters.alpha, parameters.alpha_decay, parameters.decay_every)
    draws = Draws(problem.rng, _BATCH if isinstance(wanted, Target) else min(_BATCH, 2 * wanted + 64))
    value, hit, steps = run_schedule(residual, vector.size, wanted, schedule, draws)
    del residual
    if kept is not None:
        described, taken = value, hit
        value, hit, steps = np.zeros(vector.size), np.zeros(vector.size, dtype=np.bool_), kept[steps]
        value[kept], hit[kept] = described, taken
    np.negative(value, out=value, where=hit & (vector < 0))
    return Selection(hit, value, steps)


def _residual(vector: Vector, iterative: bool) -> tuple[Vector, NDArray[np.int32] | None]:
    """Magnitudes, and the indices they stand for if those of zeros are left out.

    An iterative run never looks at a zero: it is no candidate and not in the mean.
    """
    magnitudes = np.abs(vector)
    if not np.isfinite(magnitudes.sum()):
        raise WeightsError("the weights hold NaN or infinite values, or their sum of magnitudes overflows")
    if vector.size > np.iinfo(np.int32).max:
        raise WeightsError(f"{vector.size} weights; SuRP's 32-bit indices allow {np.iinfo(np.int32).max}")
    if not iterative or magnitudes.all():
        return magnitudes, None
    kept = np.flatnonzero(magnitudes).astype(np.int32)
    return magnitudes[kept], kept
