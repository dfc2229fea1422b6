"""Conformance: every reader of the folder, present and future."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from surp import registry
from surp.data.idx_set import IdxSet
from surp.errors import UnknownNameError
from surp.parameters import Frozen


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_every_reader_has_parameters_and_load(name: str) -> None:
    reader = registry.load("datasets", name)
    assert issubclass(reader.Parameters, Frozen)
    assert list(inspect.signature(reader.load).parameters) == ["root", "parameters", "work"]
    assert reader.Parameters.__doc__
    assert reader.load.__doc__


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_every_named_set_has_whole_checksums(name: str) -> None:
    known = getattr(registry.load("datasets", name), "SET", None)
    if isinstance(known, IdxSet):
        sums = [checksum for variant in known.checksums.values() for checksum in variant]
        assert len(set(sums)) == len(sums) == 4 * len(known.checksums)
        assert all(len(bytes.fromhex(checksum)) == 32 for checksum in sums)


def test_an_unknown_reader_is_answered_with_the_names() -> None:
    with pytest.raises(UnknownNameError, match=r"cifar10, .*image_folder, "):
        registry.load("datasets", "imagenet")


def test_readers_import_neither_torch_nor_pillow() -> None:
    imports = "; ".join(f"import surp.{registry.module('datasets', name)}" for name in registry.names("datasets"))
    check = f"import sys; {imports}; sys.exit(any(name in sys.modules for name in ('torch', 'torchvision', 'PIL')))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
