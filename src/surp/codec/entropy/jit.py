"""How the kernels of this folder are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile for integers and arrays handed in, cached on disk.

    `_nrt=False`: no kernel allocates, so none needs reference counts; counting them at every call of a helper took
    six sevenths of the time. `error_model`: no kernel divides by zero. Numba caches by the file that holds
    the kernel: call `surp.kernels.announce` before the first call.
    """
    compiled: F = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    return compiled


def part(function: F) -> F:
    """A piece of a kernel that is compiled into whatever calls it.

    A call that is not merged hands over every array as seven words: mixing took three times as long with structures of
    arrays handed from call to call.
    """
    compiled: F = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, inline="always")(function)
    return compiled
