"""Bytes without any coder."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from surp.sizes import csr_bytes, dense_bytes


def test_a_dense_checkpoint_takes_four_bytes_a_float():
    state = {"w": np.ones((3, 5), np.float16), "b": np.ones(7, np.float32), "steps": np.array(3)}
    assert dense_bytes(state) == 4 * (15 + 7)


def test_sparse_rows_take_what_scipys_arrays_take():
    rng = np.random.default_rng(0)
    weights = (rng.normal(size=(30, 50)) * (rng.random((30, 50)) < 0.1)).astype(np.float32)
    sparse = csr_array(weights)
    wanted = sparse.data.nbytes + 4 * sparse.indices.size + 4 * sparse.indptr.size
    assert csr_bytes({"w": weights}) == wanted
    assert csr_bytes({"w": weights.reshape(30, 2, 25), "b": np.ones(7, np.float32)}) == wanted + 28
    assert csr_bytes({}) == csr_bytes({"steps": np.array(3)}) == 0
