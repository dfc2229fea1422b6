"""How the kernels of this folder are compiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile for integers and arrays handed in, cached on disk.

    `_nrt=False`: no kernel allocates, so none needs reference counts; counting them at every call of a helper took
    six sevenths of the time. `error_model`: no kernel divides by zero. Numba caches by the file that holds
    the kernel, see `drop_stale`.
    """
    compiled: F = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    return compiled


def drop_stale(*kernels: Any) -> None:
    """Forget what is compiled of `kernels` if any file of this folder changed since.

    Numba looks only at the file that holds a kernel: after a change to a helper elsewhere it would go on running the
    old code, and write files that the sources cannot read.
    """
    newest = max(source.stat().st_mtime_ns for source in Path(__file__).parent.glob("*.py"))
    for compiled in kernels:
        if not hasattr(compiled, "stats") or compiled.stats.cache_path is None:  # NUMBA_DISABLE_JIT, or no cache
            continue
        pattern = f"{Path(compiled.py_func.__code__.co_filename).stem}.{compiled.py_func.__name__}-*.nbi"
        for index in Path(compiled.stats.cache_path).glob(pattern):
            if index.stat().st_mtime_ns < newest:
                index.unlink(missing_ok=True)
