"""Which settings show what a parameter is for: found in its model, so that a new one needs no line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from surp.errors import ParameterError
from surp.parameters import Frozen, ReadOnlyIf, ReadUnless, SeenWith, Unseen

Settings = dict[str, Any]


def names(model: type[Frozen]) -> list[str]:
    """The parameters of a model that there is something to choose of, and whose effect can be seen."""
    return [
        name
        for name, field in model.model_fields.items()
        if not field.is_required()
        and [*_values(model, name)]
        and not any(isinstance(rule, Unseen) for rule in field.metadata)
    ]


def changes(model: type[Frozen], name: str, result: Callable[[Settings], Any]) -> bool:
    """Whether some value of the parameter makes `result` another than its default does, all else being equal."""
    around = situation(model, name)
    default = result(around)
    allowed = [value for value in _values(model, name) if _is_allowed(model, {**around, name: value})]
    assert allowed, f"no value of {name} is allowed but its default; give `examples` in its field"
    return any(result({**around, name: value}) != default for value in allowed)


def situation(model: type[Frozen], name: str) -> Settings:
    """The settings of other parameters with which this one has an effect, as its annotations say.

    Parameters without a default have the first of their examples.
    """
    result: Settings = {key: field.examples[0] for key, field in model.model_fields.items() if field.is_required()}
    for rule in model.model_fields[name].metadata:
        if isinstance(rule, SeenWith):
            result[rule.other] = rule.value
        elif isinstance(rule, ReadUnless):
            default = model.model_fields[rule.other].default
            if (default == rule.value) != isinstance(rule, ReadOnlyIf):
                meant = [rule.value] if isinstance(rule, ReadOnlyIf) else _values(model, rule.other)
                result[rule.other] = next(v for v in meant if _is_allowed(model, {rule.other: v}))
                result = {**situation(model, rule.other), **result}
    return result


def _is_allowed(model: type[Frozen], settings: Settings) -> bool:
    try:
        model.parse(settings, "")
    except ParameterError:
        return False
    return True


def _values(model: type[Frozen], name: str) -> Iterator[Any]:
    """Values of the parameter's type or its examples, without the default; not all of them have to be allowed."""
    field = model.model_fields[name]
    candidates = field.examples or _of_type(field.annotation, field.default)
    yield from (value for value in candidates if value != field.default)


def _of_type(kind: Any, default: Any) -> list[Any]:
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return [value for one in get_args(kind) for value in _of_type(one, default)]
    if kind is bool:
        return [not default]
    if kind is int:
        return [default // 2, 3 * default, default + 1, default - 1, 1, 7]
    if kind is float:
        return [default / 4, 1.3 * default, default + 0.3, 0.5, 0.0]
    return []
