"""A folder is its own registry: the name of a file is the name a user writes.

`names("prune")` lists the variants in `surp/prune/`; modules whose name starts with an underscore are helpers.
Nothing is imported until `load` is asked for one variant, so listing costs no torch and no numba.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from surp.errors import UnknownNameError

_ROOT = Path(__file__).parent
_WHAT = {
    "data": "data set reader",
    "models": "model",
    "prune": "pruning method",
    "quantize": "quantizer",
    "codec": "coder",
    "figures": "figure",
    "tables": "table",
}


def names(folder: str) -> tuple[str, ...]:
    """Variants in `surp/<folder>/`, sorted."""
    return tuple(sorted(p.stem for p in (_ROOT / folder).glob("*.py") if not p.stem.startswith("_")))


def check(folder: str, name: str) -> str:
    """Return `name` if the folder has it, else raise `UnknownNameError` with the list of names."""
    if name not in names(folder):
        raise UnknownNameError(_WHAT.get(folder, folder), name, names(folder))
    return name


def load(folder: str, name: str) -> ModuleType:
    """Import the variant `name` of `folder`."""
    return importlib.import_module(f"surp.{folder}.{check(folder, name)}")
