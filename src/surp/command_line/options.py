"""What becomes of the options that several subcommands share, and what is said of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from surp import registry
from surp.errors import ParameterError


def choices(what: str, folder: str) -> str:
    """Help text that lists a folder's names, so that it cannot drift from them."""
    return f"{what}: {', '.join(registry.names(folder))}."


def parse_settings(settings: list[str] | None, option: str = "--set") -> dict[str, Any]:
    """`["alpha=10", "mode=reference"]` -> `{"alpha": 10, "mode": "reference"}`; values are YAML."""
    import yaml

    result: dict[str, Any] = {}
    for item in settings or []:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise ParameterError(f"{option} {item!r}: expected KEY=VALUE")
        try:
            result[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ParameterError(f"{option} {item!r}: the value is not valid YAML") from None
    return result


def refuse(why: str, **options: object) -> None:
    """Raise `ParameterError` naming those of the options that were given, 0 among them: nothing would read them."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if _is_given(value)]
    if given:
        raise ParameterError(f"{', '.join(given)}: {why}")


def refuse_without(metrics: Path | None, **options: object) -> None:
    """Raise `ParameterError` for columns of a record that is not written."""
    if metrics is None:
        refuse("a column of the record, which only --metrics writes", **options)


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value not in ("", [])


def say(line: str) -> None:
    """One line of progress, for a terminal or a log."""
    print(line, file=sys.stderr, flush=True)
