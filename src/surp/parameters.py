"""Base class of every parameter model: frozen, unknown keys refused, errors that name key and rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from surp.errors import ParameterError


class Frozen(BaseModel):
    """Parameters of one thing. Defaults stand here, choices in `params.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any], where: str) -> Self:
        """Validate `values`; errors are prefixed by `where`, the key's path (`methods.surp`)."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ParameterError(describe(error, where, tuple(cls.model_fields))) from None

    def settings(self) -> dict[str, Any]:
        """The values as plain JSON types, for a record or a command line."""
        return self.model_dump(mode="json")


def describe(error: ValidationError, where: str, keys: Sequence[str] = ()) -> str:
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
