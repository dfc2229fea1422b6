"""Compiled kernels: never older than the sources they come from, and announced when they have to be compiled.

numba keeps compiled code in a cache folder of each source folder (`__pycache__`), one index a kernel,
`<module>.<function>-<line>...nbi`, and looks only at the file that holds the kernel: after a change to a helper in
another file it would go on running the old code, and write files that the sources cannot read. Here a folder's compiled
code counts as one: it is forgotten when any source of the folder is newer. Kernels therefore use only helpers of
their own folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_announced: set[str] = set()


def announce(*kernels: Any) -> None:
    """To be called before the first call of `kernels` (numba dispatchers with `cache=True`).

    Forgets what is compiled of their folder if a source there changed since, and prints one line a module on stderr if
    a kernel is not compiled: the first use takes seconds, later ones do not. With NUMBA_DISABLE_JIT the kernels are
    plain functions and nothing happens.
    """
    for kernel in kernels:
        if not hasattr(kernel, "stats") or kernel.signatures:
            continue
        source, cache = Path(kernel.py_func.__code__.co_filename), kernel.stats.cache_path
        if cache is not None:
            _forget_stale(source.parent, Path(cache))
        if kernel.__module__ not in _announced and not _is_cached(kernel, source, cache):
            _announced.add(kernel.__module__)
            print(f"compiling {kernel.__module__} (once; the result is cached)", file=sys.stderr, flush=True)


def _forget_stale(sources: Path, cache: Path) -> None:
    """Remove the indices older than the newest of `sources`; of all kernels, since they hold each other's code.

    Two processes may do this at once: each removes what both would compile anew, and numba puts a finished index in
    place by a rename. At worst one of them removes what the other just made, and the next process compiles once more.
    """
    newest = max((path.stat().st_mtime_ns for path in sources.glob("*.py")), default=0)
    for index in cache.glob("*.nbi"):
        try:
            if index.stat().st_mtime_ns < newest:
                index.unlink()
        except FileNotFoundError:  # the other process was faster
            continue


def _is_cached(kernel: Any, source: Path, cache: str | None) -> bool:
    pattern = f"{source.stem}.{kernel.py_func.__qualname__}-*.nbi"
    return cache is not None and any(Path(cache).glob(pattern))
