"""The Erdos-Renyi kernel's distribution of weights over tensors, for pruning by it and for training with it."""

from __future__ import annotations

from math import prod

import numpy as np

from surp.tensors.layout import Layout, Vector


def shares(layout: Layout) -> Vector:
    """Sum over product of the dimensions of each tensor, shape (tensors,); 1 for a scalar, 0 for an empty tensor."""
    return np.array(
        [sum(shape) / prod(shape) if prod(shape) and shape else float(not shape) for shape in layout.shapes]
    )
