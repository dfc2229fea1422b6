"""A folder is its own registry: the name of a file is the name a user writes.

`FOLDERS` is the one table of the folders. `names("coders")` lists the variants in `surp/codec/coders/`: its files
and nothing else. Nothing is imported until `load` is asked for one variant, so listing costs no torch and no numba.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from surp.errors import UnknownNameError

_ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Folder:
    """word: what messages call a variant. packages: where the files are, as `prune.methods`; no name is in two."""

    word: str
    packages: tuple[str, ...]


FOLDERS = {
    "datasets": Folder("data set", ("data.sets",)),
    "models": Folder("model", ("models.networks",)),
    "methods": Folder("pruning method", ("prune.methods", "sparse_training.methods")),
    "quantizers": Folder("quantizer", ("quantize.quantizers",)),
    "coders": Folder("coder", ("codec.coders",)),
    "rules": Folder("rule", ("tensors.rules",)),
    "figures": Folder("figure", ("figures.plots",)),
    "tables": Folder("table", ("tables.kinds",)),
    "stages": Folder("stage", ("stages",)),
}
"""By the key that `params.yaml` has for them, where it has one."""


def names(kind: str) -> tuple[str, ...]:
    """Variants of a kind, sorted."""
    return tuple(sorted(_modules(kind)))


def check(kind: str, name: str) -> str:
    """Return `name` if there is such a variant, else raise `UnknownNameError` with the list of names."""
    if name not in _modules(kind):
        raise UnknownNameError(FOLDERS[kind].word, name, names(kind))
    return name


def module(kind: str, name: str) -> str:
    """The module of a variant, within the package: `prune.methods.lamp`. Raises as `check` does."""
    return f"{_modules(kind)[check(kind, name)]}.{name}"


def path(kind: str, name: str) -> Path:
    """The file of a variant. Raises as `check` does."""
    return _ROOT.joinpath(*module(kind, name).split(".")).with_suffix(".py")


def load(kind: str, name: str) -> Any:
    """Import a variant. Raises as `check` does."""
    return importlib.import_module(f"surp.{module(kind, name)}")


def constant(kind: str, name: str, key: str, default: Any = None) -> Any:
    """The literal that a variant assigns to `key`, read without importing it.

    `default` is for one that it does not assign; without a default that is an `AttributeError`.
    """
    for node in _parsed(path(kind, name)).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == key for target in targets):
            return ast.literal_eval(node.value)  # type: ignore[attr-defined]
    if default is not None:
        return default
    raise AttributeError(f"{path(kind, name)} assigns no {key}")


def headline(kind: str, name: str) -> str:
    """The first line of a variant's docstring, read without importing it."""
    return (ast.get_docstring(_parsed(path(kind, name))) or name).partition("\n")[0]


@cache
def _parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


@cache
def _modules(kind: str) -> dict[str, str]:
    """The package of each variant."""
    return {
        path.stem: package
        for package in FOLDERS[kind].packages
        for path in _ROOT.joinpath(*package.split(".")).glob("*.py")
        if path.stem != "__init__"
    }
