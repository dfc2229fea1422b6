"""A model as one vector, and back.

One way through: state_dict -> (vector, layout) -> steps -> integer levels -> bytes -> levels -> state_dict. A
state is a plain dict of numpy arrays; its canonical order is the order of the sorted names, whoever wrote the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from surp.errors import WeightsError
from surp.files import write_bytes

State = dict[str, NDArray[Any]]
Vector = NDArray[np.float64]
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


@dataclass(frozen=True)
class Layout:
    """Where each tensor stands in the vector, its shape, and the L2 norm it was divided by (0 for a zero tensor)."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    norms: tuple[float, ...]

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Start of each tensor and, last, the length of the vector; shape (tensors + 1,)."""
        sizes = [int(np.prod(shape, dtype=np.int64)) for shape in self.shapes]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @property
    def size(self) -> int:
        return int(self.bounds[-1])

    @classmethod
    def line(cls, n: int) -> Layout:
        """One tensor of n weights at its own scale: the layout of a vector that is no model's."""
        return cls(("weights",), ((n,),), (1.0,))


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
    return tensor.dtype.kind == "f" and not is_buffer(name) and (tensors == "all" or is_matrix(tensor.shape))


def flatten(state: Mapping[str, NDArray[Any]], tensors: Tensors = "all") -> tuple[Vector, Layout]:
    """Join the tensors that take part, each divided by its L2 norm, into one float64 vector.

    A zero tensor stays zero. Raises `WeightsError` naming the tensor and the position of a NaN or an infinity.
    """
    names = tuple(name for name in sorted(state) if takes_part(name, state[name], tensors))
    check_finite({name: state[name] for name in names})
    shapes = tuple(tuple(state[name].shape) for name in names)
    norms = tuple(float(np.linalg.norm(state[name].astype(np.float64))) for name in names)
    layout = Layout(names, shapes, norms)
    vector = np.zeros(layout.size)
    bounds = layout.bounds
    for name, norm, start, stop in zip(names, norms, bounds[:-1], bounds[1:], strict=True):
        if norm > 0:
            np.divide(state[name].reshape(-1), norm, out=vector[start:stop], dtype=np.float64)
    return vector, layout


def join(state: Mapping[str, NDArray[Any]], tensors: Tensors = "all") -> tuple[Vector, Layout]:
    """`flatten`, but with every tensor at its own scale: the norms of the layout are 1."""
    names = tuple(name for name in sorted(state) if takes_part(name, state[name], tensors))
    check_finite({name: state[name] for name in names})
    layout = Layout(names, tuple(tuple(state[name].shape) for name in names), (1.0,) * len(names))
    parts = [state[name].reshape(-1).astype(np.float64) for name in names]
    return np.concatenate([np.zeros(0), *parts]), layout


def unflatten(vector: Vector, layout: Layout) -> State:
    """Inverse of `flatten`: the tensors that took part, float64, at their own scale."""
    bounds = layout.bounds
    return {
        name: (vector[start:stop] * norm).reshape(shape)
        for name, shape, norm, start, stop in zip(
            layout.names, layout.shapes, layout.norms, bounds[:-1], bounds[1:], strict=True
        )
    }


def check_finite(state: Mapping[str, NDArray[Any]], where: str = "weights") -> None:
    """Raise `WeightsError` if any floating-point tensor holds a NaN or an infinity."""
    for name, tensor in state.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            position = tuple(int(i) for i in np.argwhere(~np.isfinite(tensor))[0])
            raise WeightsError(f"{where}: tensor {name!r} holds {tensor[position]} at {position}")


def read_state(path: Path) -> tuple[State, dict[str, str]]:
    """Read a `.safetensors` checkpoint: tensors by sorted name, and the file's metadata."""
    try:
        with safe_open(path, framework="numpy") as file:
            state = {name: file.get_tensor(name) for name in sorted(file.keys())}
            return state, dict(file.metadata() or {})
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file") from None
    except (SafetensorError, OSError, TypeError) as error:
        raise WeightsError(f"{path}: not a readable safetensors file: {error}") from None


def write_state(path: Path, state: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> None:
    """Write a `.safetensors` checkpoint atomically; the same content gives the same bytes."""
    arrays = {name: np.ascontiguousarray(state[name]).reshape(state[name].shape) for name in sorted(state)}
    write_bytes(path, _canonical(save(arrays, dict(metadata or {}))))


def _canonical(content: bytes) -> bytes:
    """The same file with its JSON header's keys in order: the library writes metadata in random order."""
    length = int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[8 + length :]


def sparsity(state: Mapping[str, NDArray[Any]], tensors: Tensors = "all") -> float:
    """Zeros over all elements of the tensors that take part; 0 for no elements."""
    parts = [tensor for name, tensor in state.items() if takes_part(name, tensor, tensors)]
    total = sum(tensor.size for tensor in parts)
    return sum(int(tensor.size - np.count_nonzero(tensor)) for tensor in parts) / total if total else 0.0
