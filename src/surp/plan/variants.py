"""Entries of `params.yaml` that name a file of a folder: the file that does the work, and its own parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surp import registry
from surp.errors import ParameterError, UnknownNameError

SECTIONS = ("datasets", "methods", "quantizers", "coders")
_PLAIN = re.compile(r"[A-Za-z0-9_][\w+-]*")


@dataclass(frozen=True)
class Variant:
    """One entry of a section: its name, the file that does the work, and that file's `Parameters`."""

    name: str
    kind: str
    parameters: Any


def read_variants(section: str, entries: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Variant]:
    """All entries of a section. Raises `ParameterError` naming the key and what is allowed."""
    return {name: _read(section, name, dict(entry or {})) for name, entry in entries.items()}


def _read(section: str, name: str, settings: dict[str, Any]) -> Variant:
    where = f"{section}.{name}"
    kind = settings.pop("kind", name)
    try:
        module = registry.load(section, kind)
    except UnknownNameError as error:
        raise ParameterError(f"{where}: {error}") from None
    if kind != name and name in registry.names(section):
        raise ParameterError(
            f"{where}.kind: {name!r} is a {registry.FOLDERS[section].word} itself (got {kind!r}); use another name"
        )
    return Variant(name, kind, module.Parameters.parse(settings, where))


def variant_of(section: str, name: str, known: Mapping[str, Variant]) -> Variant:
    """The entry of that name; without one the file of that name with its defaults."""
    return known[name] if name in known else _read(section, name, {})


def pick(what: str, name: str, allowed: Any, where: str) -> Any:
    """`allowed[name]`, or `name` itself where that is no mapping. Raises `ParameterError` with the allowed names."""
    if name not in allowed:
        raise ParameterError(f"{where}: {UnknownNameError(what, name, allowed)}")
    return allowed[name] if isinstance(allowed, Mapping) else name


def check_name(where: str, name: str) -> None:
    """Raise `ParameterError` for a name that cannot stand in a path."""
    if not _PLAIN.fullmatch(name):
        raise ParameterError(f"{where}: {name!r} becomes a folder; allowed: letters, digits, _ - and +")
