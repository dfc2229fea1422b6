"""A folder is its own registry."""

from __future__ import annotations

import pytest

from surp import registry
from surp.errors import UnknownNameError


@pytest.mark.parametrize("folder", [*registry.FOLDERS])
def test_every_name_of_a_folder_loads(folder):
    assert registry.names(folder)
    for name in registry.names(folder):
        assert registry.load(folder, name).__name__ == f"surp.{registry.module(folder, name)}"


def test_an_unknown_name_is_answered_with_the_list():
    with pytest.raises(UnknownNameError, match=r"unknown pruning method 'lmap'; allowed: .*global_magnitude.*surp"):
        registry.load("methods", "lmap")


def test_helpers_are_no_variants():
    with pytest.raises(UnknownNameError):
        registry.load("methods", "apply")


def test_what_a_variant_says_of_itself_is_read_without_importing_it():
    for name in registry.names("figures"):
        figure = registry.load("figures", name)
        assert registry.constant("figures", name, "NEEDS") == figure.NEEDS
        assert registry.headline("figures", name) == figure.__doc__.partition("\n")[0]
    assert registry.constant("figures", "size_front", "ABSENT", False) is False
    with pytest.raises(AttributeError, match=r"size_front\.py assigns no ABSENT"):
        registry.constant("figures", "size_front", "ABSENT")
