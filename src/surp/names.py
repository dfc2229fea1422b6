"""Names as a reader sees them, in figures, tables and the report."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from surp import registry

_TITLES = {"global_magnitude_norm": "global magnitude, norm-scaled", "vgg16": "VGG-16"}
"""Of names that are no file's."""
_KINDS = ("methods", "quantizers", "coders", "datasets", "models")
_SHOWN = (0.9, 0.98)
OURS = "surp"
TWINS = ("global_magnitude_norm", "global_magnitude")
"""SuRP's twin: the same weights, normalised alike, ranked by magnitude; the first of these that a suite has."""


def twin(names: Iterable[str]) -> str | None:
    """SuRP's twin among `names`."""
    there = set(names)
    return next((name for name in TWINS if name in there), None)


def is_ours(name: str) -> bool:
    """Whether a method is SuRP in some form."""
    return name.split(" ")[0].split("_")[0] == OURS


def ranked(names: Iterable[str]) -> list[str]:
    """SuRP, its twin, then the others by name."""
    there = set(names)
    return sorted(there, key=lambda name: (name != OURS, name != twin(there), name))


def title(name: str) -> str:
    """A name as a reader sees it; that of an entry begins with its file's: `surp_13` is `SuRP 13`."""
    if own := _own(name):
        return own
    first, _, rest = name.partition("_")
    return f"{own} {rest.replace('_', ' ')}" if (own := _own(first)) else name.replace("_", " ")


@cache
def _own(name: str) -> str:
    """The `TITLE` that the file of that name gives itself, or nothing."""
    own = (registry.constant(kind, name, "TITLE", "") for kind in _KINDS if name in registry.names(kind))
    return _TITLES.get(name) or next(filter(None, own), "")


def percent(sparsity: float) -> str:
    """0.985 -> `98.5 %`."""
    return f"{100 * sparsity:.4g} %"


def shown_levels(levels: Iterable[float]) -> tuple[float, ...]:
    """The two sparsities that stand for all where there is no room for more: those nearest to 0.9 and 0.98."""
    there = sorted(set(levels))
    return tuple(sorted({min(there, key=lambda level: abs(level - wanted)) for wanted in _SHOWN})) if there else ()
