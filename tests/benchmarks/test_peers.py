"""The peers that run in our own environment give back what they got."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "peers"))

import _plain
import constriction_driver
import surp_driver
import xz_driver
import zstd_driver

TENSORS = hnp.arrays(
    np.int32, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9), elements=st.integers(-300, 300)
)


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.dictionaries(st.text("abcdefgh.é", max_size=8), TENSORS, max_size=4), st.floats(0, 1))
@pytest.mark.parametrize(
    ("peer", "options"),
    [
        (surp_driver, ("fast",)),
        (surp_driver, ("huffman_csr",)),
        (surp_driver, ("bitmap_zstd",)),
        (constriction_driver, ()),
        (xz_driver, ()),
        (zstd_driver, ()),
    ],
)
def test_peers_give_back_what_they_got(peer, options, levels, share):
    levels = {
        name: np.where(np.arange(level.size).reshape(level.shape) % 7 < 7 * share, 0, level)
        for name, level in levels.items()
    }
    found = peer.decode(peer.encode(levels, *options))
    assert set(found) == set(levels)
    assert all(
        found[name].shape == level.shape and np.array_equal(found[name], level) for name, level in levels.items()
    )


@given(st.lists(st.integers(0, (1 << 70) - 1)))
def test_varints_come_back(numbers):
    assert _plain.read_varints(_plain.write_varints(numbers), 0, len(numbers)) == (
        numbers,
        len(_plain.write_varints(numbers)),
    )


def test_the_driver_of_nncodec_is_the_packages_own():
    import nncodec_driver

    from surp.codec.peers import nncodec_driver as _nncodec_driver

    assert Path(_nncodec_driver.__file__) == nncodec_driver._PATH
