"""What a quantizer makes, a coder codes and a decoder inverts: arrays of levels with the map from level to value, or of
numbers that stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from math import prod
from typing import Any

from numpy.typing import NDArray

from surp.tensors.dtypes import cast, is_float
from surp.tensors.forms import Form, rebuilt
from surp.tensors.maps import Map, Tail
from surp.tensors.state import State


@dataclass(frozen=True)
class Quantized:
    """A whole model as arrays: integers that maps turn into values, and numbers that are stored as they are.

    levels: by name. maps: of each; None for numbers as they are, integers or floats. dtypes: what each array's values
    are, a name of numpy's or ml_dtypes'. passes: for an embedded description the number of passes P; bit P-1-p of a
    magnitude is the hit of pass p. embedded: arrays that are described in passes. tail: in a model that was cut in the
    middle of a pass, the array where that is. forms: tensors that are rebuilt from some of the arrays; all other
    arrays are tensors themselves.
    """

    levels: dict[str, NDArray[Any]]
    maps: dict[str, Map | None]
    dtypes: dict[str, str]
    quantizer: str
    passes: int = 0
    embedded: tuple[str, ...] = ()
    tail: Tail | None = None
    forms: dict[str, Form] = field(default_factory=dict)

    def state(self, base: Mapping[str, NDArray[Any]] | None = None) -> State:
        """The values: a state of the original names, types and shapes. Inverse of a quantizer, up to distortion.

        base: the model that forms of the rule `difference` are told against.
        """
        arrays = {name: self._values(name) for name in self.levels}
        parts = self.components
        state = {name: value for name, value in arrays.items() if name not in parts}
        return state | {name: rebuilt(name, form, arrays, base) for name, form in self.forms.items()}

    def _values(self, name: str) -> NDArray[Any]:
        level, level_map = self.levels[name], self.maps[name]
        values = level if level_map is None else level_map.values(level)
        if self.tail and name == self.tail.name:
            values[self.tail.row :] = self.tail.map.values(level[self.tail.row :])
        return cast(values, self.dtypes[name])

    @property
    def components(self) -> frozenset[str]:
        """Names of the arrays that are components of some tensor."""
        return frozenset(component for form in self.forms.values() for component in form.components)

    @property
    def elements(self) -> int:
        """Of all arrays."""
        return sum(level.size for level in self.levels.values())

    @property
    def floats(self) -> int:
        """Elements of the floating-point tensors."""
        parts = self.components
        own = sum(self.levels[n].size for n, dtype in self.dtypes.items() if n not in parts and is_float(dtype))
        return own + sum(prod(form.shape) for form in self.forms.values() if is_float(form.dtype))


def as_they_are(state: Mapping[str, NDArray[Any]], quantizer: str = "") -> Quantized:
    """A model whose numbers are stored as they are, without levels."""
    types = {name: value.dtype.newbyteorder("=").name for name, value in state.items()}
    return Quantized(dict(state), dict.fromkeys(state), types, quantizer)


def component_names(name: str, roles: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    """Names of the arrays that tensor `name` is made of: `name.role`, or with a number where that is taken."""
    others = set(taken)
    return tuple(next(n for i in count() if (n := f"{name}.{role}{i or ''}") not in others) for role in roles)
