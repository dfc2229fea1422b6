"""Which source files a stage depends on: the static import closure of its modules within this package.

A rule names these files as inputs, so that an edit of one method reruns what depends on it and nothing else.
Variants are loaded by name (`surp.registry`), so a stage's closure holds only the variant it is asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from surp.files import digest, write_bytes

_ROOT = Path(__file__).parent
_FOLDERS = ("stages", "train", "data", "models", "prune", "quantize", "codec", "figures", "tables")


def closure(*modules: str) -> tuple[Path, ...]:
    """Files of `modules` (`surp.prune.surp`) and of all that they import, directly or not, from `surp`; sorted.

    With a package come the data files that lie in its folder (a page's template beside the code that fills it). The
    package's top `__init__` is left out: it only re-exports.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and module != "surp" and _path(module):
            found.add(module)
            waiting += [*_imports(module), *_parents(module)]
    paths = [path for module in found if (path := _path(module))]
    return tuple(sorted({*paths, *(file for path in paths if path.stem == "__init__" for file in _data(path))}))


def _data(init: Path) -> list[Path]:
    """Files beside a package's `__init__` that are no code."""
    return [path for path in init.parent.iterdir() if path.is_file() and path.suffix not in (".py", ".pyc", ".md")]


def write_manifests(folder: Path) -> dict[str, Path]:
    """Write the closure of every stage and variant into `folder`, a line of digest and path for each file.

    The closure of several modules is the union of theirs. A manifest's content tells the sources' contents alone, and
    one that is right already is not touched, so that many processes may do this at the same time.
    """
    paths = (path for name in _FOLDERS for path in sorted((_ROOT / name).glob("*.py")) if path.stem[0] != "_")
    return {module: _write_manifest(folder, module) for module in map(_module, paths)}


def _write_manifest(folder: Path, module: str) -> Path:
    text = "".join(f"{_digest(path)}  {path.relative_to(_ROOT)}\n" for path in closure(module))
    output = folder / module.removeprefix("surp.")
    if not output.is_file() or output.read_text() != text:
        write_bytes(output, text.encode())
    return output


def _module(path: Path) -> str:
    return ".".join(["surp", *path.relative_to(_ROOT).with_suffix("").parts])


@cache
def _digest(path: Path) -> str:
    return digest(path)


def constant(module: str, name: str, default: Any = None) -> Any:
    """The literal that `module` assigns to `name`, read without importing what the module imports.

    `default` is for a name that it does not assign; without one that is an `AttributeError`.
    """
    path = _path(module)
    assert path is not None, module
    for node in ast.parse(path.read_text()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.literal_eval(node.value)  # type: ignore[attr-defined]
    if default is not None:
        return default
    raise AttributeError(f"{module} assigns no {name}")


def caption(module: str) -> str:
    """The first line of `module`'s docstring, read without importing it."""
    path = _path(module)
    assert path is not None, module
    return (ast.get_docstring(ast.parse(path.read_text())) or module).partition("\n")[0]


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(2, len(parts))]


@cache
def _imports(module: str) -> tuple[str, ...]:
    path = _path(module)
    assert path is not None
    return tuple(_names(ast.parse(path.read_text())))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("surp"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "surp":
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _path(module: str) -> Path | None:
    base = _ROOT.joinpath(*module.split(".")[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
