"""Which source files a stage depends on (the static import closure of its modules within this package), and a digest.

Two digests are equal where the code does the same: comments, docstrings and formatting do not count. Variants are
loaded by name (`surp.registry`), so a stage's closure holds only the variant it is asked for.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from surp.errors import SurpError
from surp.provenance import syntax

_ROOT = Path(__file__).parents[1]
_PACKAGE = "surp"
LIBRARIES = ("numba", "numpy", "torch")
"""What decides numbers besides our own code."""
_NO_SOURCES = (".pyc", ".md")
NOT_FOLLOWED = ("command_line/calibration.py",)
"""Files whose imports are taken at run time, or not: a rule that leads to one names its module besides."""


@dataclass(frozen=True)
class SourceFile:
    """What is known of one file. content: SHA-256 of its bytes; code: of what they do, of a data file the same;
    imports: modules of this package (`prune.surp`), but for types only;
    libraries: those of numba, numpy and torch."""

    content: str
    code: str
    imports: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sources:
    """The files of the package, by their paths in it (`prune/surp.py`); each is read when it is first asked for."""

    names: frozenset[str]
    file: Callable[[str], SourceFile]

    def closure(self, *modules: str) -> tuple[str, ...]:
        """Files of `modules` (`prune.surp`) and of all that they import, directly or not; sorted.

        With a package come the data files in its folder (a page's template beside the code that fills it). The
        package's top `__init__` is left out: it only re-exports.
        """
        found: set[str] = set()
        waiting = [(module, self._path(module)) for module in modules]
        if missing := [module for module, path in waiting if not path]:
            raise SurpError(f"the package has no module {missing[0]}")
        while waiting:
            module, path = waiting.pop()
            if path and path not in found:
                found.add(path)
                imports = () if path in NOT_FOLLOWED else self.file(path).imports
                others = (*imports, *_parents(module))
                waiting += [(other, self._path(other)) for other in others]
        folders = {path.removesuffix("__init__.py") for path in found if path.endswith("/__init__.py")}
        return tuple(sorted(found | {name for name in self.names if self._folder(name) in folders}))

    def digest(self, *modules: str) -> str:
        """Of the code of `modules` and of all that they import: 16 hexadecimal digits."""
        lines = (f"{path} {self.file(path).code}\n" for path in self.closure(*modules))
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]

    def libraries(self, *modules: str) -> tuple[str, ...]:
        """Those of numba, numpy and torch that `modules` or what they import name."""
        return tuple(sorted({library for path in self.closure(*modules) for library in self.file(path).libraries}))

    def changed(self, before: Sources, *modules: str) -> tuple[str, ...]:
        """Files of the closure, now or `before`, whose code is not the same."""
        both = sorted({*self.closure(*modules), *before.closure(*modules)})
        return tuple(path for path in both if self._code(path) != before._code(path))

    def everything(self) -> dict[str, Any]:
        """Every file, read now: for JSON."""
        return {name: asdict(self.file(name)) for name in sorted(self.names)}

    def _code(self, path: str) -> str:
        return self.file(path).code if path in self.names else ""

    def _path(self, module: str) -> str | None:
        base = module.replace(".", "/")
        return next((path for path in (f"{base}.py", f"{base}/__init__.py") if path in self.names), None)

    def _folder(self, name: str) -> str:
        """The folder (`report/`) of the package that a data file belongs to."""
        if name.endswith(".py"):
            return ""
        above = [f"{folder}/" for folder in PurePosixPath(name).parents]
        return next((folder for folder in above if f"{folder}__init__.py" in self.names), "")


def recorded(files: Mapping[str, Any]) -> Sources:
    """What `everything` gave."""
    sources = {
        name: SourceFile(kept["content"], kept["code"], tuple(kept["imports"]), tuple(kept["libraries"]))
        for name, kept in files.items()
    }
    return Sources(frozenset(sources), sources.__getitem__)


def on_disk(known: Sources | None = None, root: Path = _ROOT) -> Sources:
    """The files as they are now, each read once; those whose bytes stand in `known` need not be parsed."""
    before = {(_is_code(name), known.file(name).content): known.file(name) for name in known.names} if known else {}

    @cache
    def read(name: str) -> SourceFile:
        text = (root / name).read_bytes()
        content = hashlib.sha256(text).hexdigest()
        return before.get((_is_code(name), content)) or _source(name, text, content)

    return Sources(frozenset(_names(root)), read)


def _names(root: Path) -> Iterator[str]:
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = [name for name in subfolders if name != "__pycache__" and name[0] != "."]
        for name in files:
            if name[0] != "." and not name.endswith(_NO_SOURCES):
                yield Path(folder, name).relative_to(root).as_posix()


def _is_code(name: str) -> bool:
    return name.endswith(".py")


def _source(name: str, text: bytes, content: str) -> SourceFile:
    if not _is_code(name):
        return SourceFile(content, content)
    try:
        tree = ast.parse(text, name)
    except SyntaxError as error:
        raise SurpError(f"the package's {name} is no Python: {error}") from None
    imports = [full.split(".") for full in dict.fromkeys(syntax.imports(tree))]
    if any(not parts[0] for parts in imports):
        raise SurpError(f"the package's {name} imports by relative names, which leaves unclear what depends on what")
    return SourceFile(
        content,
        syntax.meaning(tree),
        tuple(".".join(parts[1:]) for parts in imports if parts[0] == _PACKAGE and parts[1:]),
        tuple(sorted({parts[0] for parts in imports} & {*LIBRARIES})),
    )


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]
