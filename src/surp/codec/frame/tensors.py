"""Names, types and shapes of tensors, and the forms of those that are rebuilt, in the header."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from surp import registry
from surp.codec.frame import layouts, wire
from surp.codec.frame.header import Array, TensorEntry, item_bytes
from surp.codec.frame.header_code import Reader, Writer
from surp.tensors.forms import Form
from surp.tensors.levels import component_names


def write_tensors(out: Writer, tensors: tuple[TensorEntry, ...]) -> None:
    """Names, types and shapes, or the number of a layout that has all of them."""
    layout = layouts.find(tensors)
    out.number("layout", layout)
    if layout:
        return
    out.wide("tensors", len(tensors))
    for tensor in tensors:
        out.text(tensor.name)
        _write_shape(out, tensor.dtype, tensor.shape)


def read_tensors(reader: Reader) -> tuple[TensorEntry, ...]:
    """Inverse of `write_tensors`. Raises `CorruptFileError`."""
    number = reader.number("layout")
    if number:
        found = layouts.entries_of(number)
        if found is None:
            raise reader.fail(f"layout {number}; known: 1 to {layouts.COUNT}")
        return found
    result = []
    for _ in range(reader.wide("tensors")):
        name = reader.text()
        dtype, shape = _read_shape(reader)
        result.append(TensorEntry(name, shape, dtype))
    if any(a.name >= b.name for a, b in pairwise(result)):
        raise reader.fail("tensor names that repeat or are not sorted")
    return tuple(result)


def write_forms(
    out: Writer, tensors: Sequence[TensorEntry], forms: dict[str, Form], components: Sequence[Array]
) -> None:
    """The rule of each tensor, and what it is rebuilt from. components: all of them, in the order of their mention."""
    known: dict[str, int] = {}
    arrays = {array.name: array for array in components}
    for tensor in tensors:
        form = forms.get(tensor.name)
        out.number("rule", wire.RULES.get(form.rule, wire.OTHER_RULE) if form else wire.RULES[""])
        if not form:
            continue
        if form.rule not in wire.RULES:
            out.text(form.rule)
        out.number("parameters", len(form.parameters))
        for index, value in enumerate(form.parameters):
            out.signed(("parameter", index), value)
        out.number("components", len(form.components))
        for name in form.components:
            out.number("component", known.get(name, 0))
            if name not in known:
                known[name] = len(known) + 1
                _write_shape(out, arrays[name].dtype, arrays[name].shape)


def read_forms(reader: Reader, tensors: Sequence[TensorEntry]) -> tuple[dict[str, Form], list[Array]]:
    """Inverse of `write_forms`, with names of its own for the components. Raises `CorruptFileError`."""
    forms: dict[str, Form] = {}
    components: list[Array] = []
    taken = {tensor.name for tensor in tensors}
    for tensor in tensors:
        rule = _read_rule(reader)
        if not rule:
            continue
        parameters = tuple(reader.signed(("parameter", index)) for index in range(reader.number("parameters")))
        names = []
        for index in range(reader.number("components")):
            number = reader.number("component")
            if number > len(components):
                raise reader.fail(f"component {number} of {len(components)}")
            if not number:
                (name,) = component_names(tensor.name, [str(index)], taken)
                taken.add(name)
                dtype, shape = _read_shape(reader)
                components.append(Array(name, shape, dtype, dtype))
            names.append(components[number - 1].name)
        forms[tensor.name] = Form(rule, tensor.shape, tensor.dtype, tuple(names), parameters)
    return forms, components


def _read_rule(reader: Reader) -> str:
    rule = reader.pick("rule", wire.RULES | {" ": wire.OTHER_RULE})
    rule = reader.text() if rule == " " else rule
    if rule and rule not in registry.names("rules"):
        raise reader.unknown(f"the rule {rule!r}")
    return rule


def _write_shape(out: Writer, dtype: str, shape: tuple[int, ...]) -> None:
    out.number("dtype", wire.DTYPES[dtype])
    out.number("rank", len(shape))
    for axis, extent in enumerate(shape):
        out.number(("extent", axis), extent)


def _read_shape(reader: Reader) -> tuple[str, tuple[int, ...]]:
    dtype, rank = reader.pick("dtype", wire.DTYPES), reader.number("rank")
    if rank > wire.MOST_DIMENSIONS:
        raise reader.fail(f"{rank} dimensions; allowed: 0 to {wire.MOST_DIMENSIONS}")
    shape = tuple(reader.number(("extent", axis)) for axis in range(rank))
    if prod(max(extent, 1) for extent in shape) * max(item_bytes(dtype), 4) >= 1 << 63:
        raise reader.fail(f"a tensor of shape {shape}, which no machine can hold")
    return dtype, shape
