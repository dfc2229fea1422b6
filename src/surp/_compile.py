"""Says on stderr, once, when numba kernels have to be compiled: the first use takes seconds, later ones do not.

numba keeps compiled code beside the source (`__pycache__`), one index file `<module>.<function>-<line>...nbi` a kernel.
An index that is there and no older than the source means that nothing will be compiled.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_announced: set[str] = set()


def announce(*kernels: Any) -> None:
    """Print one line a module if any of its `kernels` (numba dispatchers with `cache=True`) is not compiled yet.

    With NUMBA_DISABLE_JIT the kernels are plain functions and nothing is said.
    """
    for kernel in kernels:
        if kernel.__module__ in _announced or not hasattr(kernel, "stats") or kernel.signatures:
            continue
        if not _is_cached(kernel):
            _announced.add(kernel.__module__)
            print(f"compiling {kernel.__module__} (once; the result is cached)", file=sys.stderr, flush=True)


def _is_cached(kernel: Any) -> bool:
    source = Path(kernel.py_func.__code__.co_filename)
    folder = kernel.stats.cache_path
    if folder is None or not source.exists():
        return False
    pattern = f"{source.stem}.{kernel.py_func.__qualname__}-*.nbi"
    return any(index.stat().st_mtime >= source.stat().st_mtime for index in Path(folder).glob(pattern))
