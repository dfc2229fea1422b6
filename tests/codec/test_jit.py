"""Compiled kernels never outlive the sources that they were compiled from."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from surp.codec import _jit
from surp.codec._jit import drop_stale
from surp.codec.adaptive import warm_up


def compiled(folder: Path, age: int) -> tuple[SimpleNamespace, Path]:
    """A stand-in for a numba dispatcher, and its cache index, `age` seconds older than the newest source."""

    def scan() -> None: ...

    index = folder / f"{Path(__file__).stem}.scan-11.py311.nbi"
    index.write_bytes(b"")
    newest = max(source.stat().st_mtime for source in Path(_jit.__file__).parent.glob("*.py"))
    os.utime(index, (newest - age, newest - age))
    return SimpleNamespace(stats=SimpleNamespace(cache_path=str(folder)), py_func=scan), index


def test_a_kernel_older_than_any_source_of_the_folder_is_forgotten(tmp_path):
    dispatcher, index = compiled(tmp_path, age=5)
    drop_stale(dispatcher)
    assert not index.exists()


def test_a_kernel_newer_than_all_sources_is_kept(tmp_path):
    dispatcher, index = compiled(tmp_path, age=-5)
    drop_stale(dispatcher)
    assert index.exists()


def test_plain_functions_and_uncached_kernels_have_nothing_to_forget():
    drop_stale(np.zeros, SimpleNamespace(stats=SimpleNamespace(cache_path=None)))


def test_warming_up_compiles_both_scans():
    from surp.codec._scan import code_levels, code_pass

    warm_up()
    for kernel in (code_levels, code_pass):
        assert not hasattr(kernel, "signatures") or kernel.signatures
