"""Compiled kernels: never older than the sources they come from, and announced when they have to be compiled.

numba keeps compiled code in a cache folder for each source folder, one index a kernel
(`<module>.<function>-<line>...nbi`), and looks only at the file that holds the kernel: after a change to a helper in
another file it would go on running the old code, and write files that the sources cannot read. Here the compiled code
of a package (`surp.codec` with all its folders, `surp.prune`, ...) counts as one: it is forgotten when any source of
the package is newer. Kernels therefore use only helpers of their own package.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_announced: set[str] = set()


def announce(*kernels: Any) -> None:
    """To be called before the first call of `kernels` (numba dispatchers with `cache=True`).

    Forgets what is compiled of their package if a source there changed since, and prints one line a module on stderr
    if a kernel is not compiled: the first use takes seconds, later ones do not. With NUMBA_DISABLE_JIT the kernels are
    plain functions and nothing happens.
    """
    for kernel in kernels:
        if not hasattr(kernel, "stats") or kernel.signatures:
            continue
        source, compiled = Path(kernel.py_func.__code__.co_filename), kernel.stats.cache_path
        if compiled is not None:
            _forget_stale(_package(kernel.__module__, source), Path(compiled))
        if kernel.__module__ not in _announced and not _is_cached(kernel, source, compiled):
            _announced.add(kernel.__module__)
            print(f"compiling {kernel.__module__} (once; the result is cached)", file=sys.stderr, flush=True)


def _package(module: str, source: Path) -> Path:
    """Folder of the package that a module is of: `surp/codec` of `surp.codec.entropy.scan`."""
    return source.parents[max(0, module.count(".") - 2)]


@cache
def _forget_stale(package: Path, compiled: Path) -> None:
    """Remove the indices older than the newest source of `package`; of all kernels, since they hold each other's code.

    Two processes may do this at once: each removes what both would compile anew, and numba puts a finished index in
    place by a rename. At worst one of them removes what the other just made, and the next process compiles once more.
    """
    sources = list(package.rglob("*.py"))
    newest = max((path.stat().st_mtime_ns for path in sources), default=0)
    for folder in _caches({path.parent for path in sources}, compiled):
        for index in folder.glob("*.nbi"):
            try:
                if index.stat().st_mtime_ns < newest:
                    index.unlink()
            except FileNotFoundError:  # the other process was faster
                continue


def _caches(sources: set[Path], compiled: Path) -> Iterator[Path]:
    """The cache folders of source folders; one of them is `compiled`.

    numba's are `__pycache__` beside the sources, or, where NUMBA_CACHE_DIR says or the sources cannot be written to,
    `<name of the source folder>_<hash>` side by side.
    """
    yield compiled
    for folder in sources:
        yield folder / "__pycache__"
        yield from compiled.parent.glob(f"{folder.name}_*")


def _is_cached(kernel: Any, source: Path, compiled: str | None) -> bool:
    pattern = f"{source.stem}.{kernel.py_func.__qualname__}-*.nbi"
    return compiled is not None and any(Path(compiled).glob(pattern))
