"""Tensors that are not stored as they are but rebuilt: from components, by a named rule with integer parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from surp import registry
from surp.errors import ParameterError
from surp.tensors.rules import difference, removed_units, scaled_rows, shared
from surp.tensors.state import State


@dataclass(frozen=True)
class Form:
    """How a tensor is rebuilt. rule: a file of `surp/tensors/rules`. shape, dtype: of the tensor. components: names
    of arrays, in the rule's order; several tensors may share one. parameters: the rule's integers."""

    rule: str
    shape: tuple[int, ...]
    dtype: str
    components: tuple[str, ...]
    parameters: tuple[int, ...] = ()


class Rule(Protocol):
    """A file of `surp/tensors/rules`.

    rebuild(form, components, base): the tensor, of the form's shape and dtype, from its components, and, where BASE is
    true, from the tensor of that name in a base model. Raises ValueError where they do not fit together.
    """

    BASE: bool

    def rebuild(self, form: Form, components: list[NDArray[Any]], base: NDArray[Any] | None) -> NDArray[Any]: ...


_SHIPPED: dict[str, Rule] = {
    "difference": difference,
    "removed_units": removed_units,
    "scaled_rows": scaled_rows,
    "shared": shared,
}
"""Rules with a number in the format: every job that codes or decodes depends on them."""


def rule(name: str) -> Rule:
    """The rule of that name. Raises `UnknownNameError`."""
    found: Rule = _SHIPPED.get(name) or registry.load("rules", name)
    return found


def rebuilt(name: str, form: Form, arrays: Mapping[str, NDArray[Any]], base: Mapping[str, Any] | None) -> NDArray[Any]:
    """Tensor `name`. Raises ValueError where its components do not fit, `ParameterError` where a base is missing."""
    needed = rule(form.rule).BASE
    if needed and (base is None or name not in base):
        raise ParameterError(f"tensor {name!r} is told as a difference; it needs the base model that has a {name!r}")
    own = base[name] if needed and base is not None else None
    return rule(form.rule).rebuild(form, [arrays[component] for component in form.components], own)


def state_digest(state: State) -> bytes:
    """SHA-256 of what a model says: names, types, shapes and values in the order of the names, and nothing else.

    Each tensor enters as `name`, a zero byte, `dtype`, a zero byte, rank and extents and then the values, all integers
    and values little-endian, ranks and extents of 8 bytes.
    """
    found = hashlib.sha256()
    for name in sorted(state):
        value = state[name]
        found.update(f"{name}\0{value.dtype.name}\0".encode())
        found.update(np.array([value.ndim, *value.shape], dtype="<u8").tobytes())
        found.update(np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).tobytes())
    return found.digest()
