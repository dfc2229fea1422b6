"""A model as a state: a plain dictionary of numpy arrays by name, in the order of the sorted names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surp.errors import WeightsError
from surp.tensors.dtypes import is_float

State = dict[str, NDArray[Any]]
Tensors = Literal["all", "matrices"]
"""Which parameters take part: all of them, or the matrices (`is_matrix`). Buffers (`is_buffer`) never do."""
_BUFFERS = re.compile(
    r"(^|[./])("
    r"(running|moving)_\w+|num_batches_tracked|batch_stats[./].+"  # batch normalisation of torch, TensorFlow, Flax
    r"|(\w+_)?mask|relative_position_index|relative_coords_table"  # attention's masks and tables, as in Swin
    r"|(\w+_)?inv_freq|freqs_cis|(cos|sin)_cached|position_ids|pe"  # positions that are computed, as rotary ones
    r"|pixel_mean|pixel_std|_u|_v"  # normalisation of images; torch's spectral norm
    r")(:\d+)?$"
)


def is_buffer(name: str) -> bool:
    """Whether a tensor of this name is state that no training step changes by its gradient, such as running statistics.

    A state says nothing of this but by its names. In doubt a name is a buffer's: to prune one destroys a network,
    while a parameter that is left alone costs some bytes. A test holds every network of `surp.models` against it.
    """
    return _BUFFERS.search(name) is not None


def is_matrix(shape: Sequence[int]) -> bool:
    """Whether at least two axes are longer than 1: (64, 1, 1) is a vector."""
    return sum(extent > 1 for extent in shape) >= 2


def takes_part(name: str, tensor: NDArray[Any], tensors: Tensors) -> bool:
    """Whether a tensor is pruned and described: a floating-point parameter, and a matrix unless `all`."""
    return is_float(tensor.dtype) and not is_buffer(name) and (tensors == "all" or is_matrix(tensor.shape))


def check_finite(state: Mapping[str, NDArray[Any]], where: str = "weights") -> None:
    """Raise `WeightsError` if any floating-point tensor holds a NaN or an infinity."""
    for name, tensor in state.items():
        if not is_float(tensor.dtype):
            continue
        with np.errstate(invalid="ignore"):  # a signalling NaN of bfloat16 signals
            finite = np.isfinite(tensor)
        if not finite.all():
            position = tuple(int(i) for i in np.argwhere(~finite)[0])
            raise WeightsError(f"{where}: tensor {name!r} holds {tensor[position]} at {position}")


def float_elements(state: Mapping[str, NDArray[Any]]) -> int:
    """Elements of the floating-point tensors: the weights of `bits_per_weight`."""
    return sum(tensor.size for tensor in state.values() if is_float(tensor.dtype))


def sparsity(state: Mapping[str, NDArray[Any]], tensors: Tensors = "all") -> float:
    """Zeros over all elements of the tensors that take part; 0 for no elements."""
    parts = [tensor for name, tensor in state.items() if takes_part(name, tensor, tensors)]
    total = sum(tensor.size for tensor in parts)
    return sum(int(tensor.size - np.count_nonzero(tensor)) for tensor in parts) / total if total else 0.0
