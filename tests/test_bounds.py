"""`make bounds`: the tests marked `kernels`, with numba's bounds check on, leave no kernel out."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.registry import CPUDispatcher

import surp
from surp.codec.entropy.jit import kernel

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.skipif(not numba.config.BOUNDSCHECK, reason="is of the run with bounds checked: make bounds"),
]


@kernel
def _at(values, index):
    return values[index]


def test_an_index_outside_its_array_is_an_error():
    with pytest.raises(IndexError):
        _at(np.zeros(4, dtype=np.int32), 4)


def _kernels() -> Iterator[CPUDispatcher]:
    """Those of all modules, but for pieces that are compiled into others."""
    for package in ("codec", "prune", "quantize"):
        path = [f"{place}/{package}" for place in surp.__path__]
        for found in pkgutil.walk_packages(path, f"surp.{package}."):
            module = importlib.import_module(found.name)
            yield from (
                value
                for value in vars(module).values()
                if isinstance(value, CPUDispatcher)
                and value.py_func.__module__ == module.__name__
                and value.targetoptions.get("inline") != "always"
            )


def test_a_kernel_calls_no_kernel_of_another_package():
    """`surp.kernels` forgets what is compiled of one package when a source of that package changed."""
    for one in _kernels():
        names = {name: one.py_func.__globals__.get(name) for name in one.py_func.__code__.co_names}
        called = {value.py_func.__module__ for value in names.values() if isinstance(value, CPUDispatcher)}
        assert {module.split(".")[1] for module in called} <= {one.__module__.split(".")[1]}, one


def _is_compiled(one: CPUDispatcher) -> bool:
    """Looked up in the cache of this run: one that another calls is not loaded by itself."""
    name = f"{one.py_func.__module__.rpartition('.')[2]}.{one.py_func.__qualname__}-*.nbi"
    return any(Path(one.stats.cache_path).glob(name))


def test_the_tests_before_this_one_ran_every_kernel():
    kernels = list(_kernels())
    assert len(kernels) > 30
    assert [f"{one.__module__}.{one.__name__}" for one in kernels if not _is_compiled(one)] == []
