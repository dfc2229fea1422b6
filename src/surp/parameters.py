"""Base class of every parameter model: frozen, unknown keys refused, errors that name key and rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from surp.errors import ParameterError


@dataclass(frozen=True)
class ReadUnless:
    """Annotates a parameter that is not read where the parameter `other` is `value`; there it is refused."""

    other: str
    value: object

    def reason(self, parameters: BaseModel) -> str:
        """Why the annotated parameter is not read with these, or nothing."""
        return f"with {self.other} {self.value!r}" if getattr(parameters, self.other) == self.value else ""


@dataclass(frozen=True)
class ReadOnlyIf(ReadUnless):
    """Annotates a parameter that is read only where the parameter `other` is `value`; elsewhere it is refused."""

    def reason(self, parameters: BaseModel) -> str:
        found = getattr(parameters, self.other)
        return "" if found == self.value else f"with {self.other} {found!r}"


@dataclass(frozen=True)
class SeenWith:
    """Annotates a parameter whose effect only shows with another than the default of the parameter `other`, `value`.

    Nothing is refused for it; it tells the test which holds every parameter to changing a result where to look.
    """

    other: str
    value: object


@dataclass(frozen=True)
class Unseen:
    """Annotates a parameter whose effect no small test can show, and says why."""

    reason: str


class Frozen(BaseModel):
    """Parameters of one thing. Defaults stand here, choices in `params.yaml`.

    Every parameter changes a result: a test tries each with values of its type, or with the `examples` of its field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _is_read(self) -> Self:
        """What is given is read: a setting that others make meaningless is refused."""
        for name in type(self).model_fields:
            rules = [rule for rule in type(self).model_fields[name].metadata if isinstance(rule, ReadUnless)]
            if name in self.model_fields_set and (why := next(filter(None, (r.reason(self) for r in rules)), "")):
                raise ValueError(f"{name} is not read {why}")
        return self

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str) -> Self:
        """Validate `values`; errors are prefixed by `where`, the key's path (`methods.surp`)."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ParameterError(mistakes(error, where, tuple(cls.model_fields))) from None

    def settings(self) -> dict[str, Any]:
        """The values as plain JSON types, for a record or a command line."""
        return self.model_dump(mode="json")


def mistakes(error: ValidationError, where: str, keys: Sequence[str] = ()) -> str:
    """One clause per mistake: key path, rule, value given; an unknown key is answered with the known ones."""
    clauses = []
    for item in error.errors(include_url=False):
        path = where + "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            known = f"; known here: {', '.join(keys)}" if keys and len(item["loc"]) == 1 else ""
            clauses.append(f"{path.lstrip('.')}: unknown key{known}")
        elif item["type"] == "missing":
            clauses.append(f"{path.lstrip('.')}: required, but missing")
        else:
            clauses.append(f"{path.lstrip('.')}: {message} (got {item['input']!r})")
    return "; ".join(clauses)
