"""How far a description is from the weights it was made of, in the paper's measure."""

from __future__ import annotations

import numpy as np

from surp.tensors.layout import flatten
from surp.tensors.state import State, Tensors
from surp.theory.rate_distortion import laplacian_reference


def distortion(before: State, after: State, tensors: Tensors) -> tuple[float, float | None]:
    """(`distortion_l1`, `laplacian_reference`) of one quantization.

    distortion_l1: mean |u - v| relative to mean |u|, each tensor divided by its L2 norm (section 3 of the design).
    laplacian_reference: bits/weight of a Laplacian source at that distortion; None where the weights were already
    sparse, because a Laplacian is then no model of them.
    """
    source, layout = flatten(before, tensors)
    mean = float(np.abs(source).mean()) if source.size else 0.0
    if mean == 0:
        return 0.0, None
    scaled = np.concatenate(
        [after[name].reshape(-1) / (norm or 1.0) for name, norm in zip(layout.names, layout.norms, strict=True)]
    )
    error = float(np.abs(source - scaled).mean())
    sparse = np.count_nonzero(source) < source.size
    return error / mean, None if sparse else laplacian_reference(source, layout.bounds, error)
