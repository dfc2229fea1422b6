"""A record: the columns known so far about one model, as a JSON object that grows from stage to stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from surp.errors import SurpError
from surp.files import read_json, write_json


class Section(BaseModel):
    """The columns that one stage writes. None, or empty text: not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """This section's part of a record."""
        return cls.model_validate({name: record[name] for name in cls.model_fields if name in record})

    def columns(self) -> dict[str, Any]:
        """The columns that were given."""
        return self.model_dump(exclude_unset=True)


def read_record(path: Path | None) -> dict[str, Any]:
    """The columns of the stages before; none without a file. Raises `SurpError` naming a file that holds no object."""
    columns = read_json(path) if path else {}
    if not isinstance(columns, dict):
        raise SurpError(f"{path}: expected one JSON object with the columns of the stage before")
    return columns


def write_record(
    path: Path, before: Mapping[str, Any], *sections: Section, tags: Mapping[str, Any] | None = None
) -> None:
    """Write the columns of the stages before, those of this one, and what the caller adds."""
    columns = dict(before)
    for section in sections:
        columns |= section.columns()
    write_json(path, {**columns, **(tags or {})})
