"""`surp.encode`, `surp.decode`, `surp.load`, `surp.save`: any checkpoint in, any checkpoint out."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import surp
from surp import codec
from surp.errors import ParameterError, TargetError, WeightsError
from surp.prune import run
from surp.prune.methods.global_magnitude import Parameters
from surp.tensors.dtypes import FLOATS, dtype_of
from surp.tensors.levels import as_they_are


@pytest.fixture(scope="module")
def state():
    rng = np.random.default_rng(0)
    return {
        "fc.weight": rng.laplace(0, 0.1, (60, 40)).astype(np.float32),
        "conv.weight": rng.laplace(0, 1, (8, 3, 3, 3)).astype(np.float16),
        "fc.bias": rng.normal(0, 1, 60).astype(np.float32),
        "norm.steps": np.array(12, np.int64),
    }


def test_names_shapes_and_types_come_back_whatever_the_options(state):
    for options in ({}, {"sparsity": 0.9}, {"step_rel": 1.0}, {"exact": True}, {"max_bytes": 900}):
        found = surp.decode(surp.encode(state, **options))
        assert {n: (v.shape, v.dtype) for n, v in found.items()} == {n: (v.shape, v.dtype) for n, v in state.items()}
        assert found["norm.steps"] == 12


@pytest.mark.parametrize("size", [400, 800, 2500, 1 << 20])
def test_a_file_of_at_most_so_many_bytes_is_no_larger(state, size):
    assert len(surp.encode(state, max_bytes=size)) <= size


def test_more_bytes_allowed_mean_less_error(state):
    errors = []
    for size in (400, 800, 1600, 3200):
        found = surp.decode(surp.encode(state, max_bytes=size))
        errors.append(np.abs(found["fc.weight"] - state["fc.weight"]).sum())
    assert errors == sorted(errors, reverse=True)


def test_bits_per_weight_count_the_whole_file_over_the_floating_point_elements(state):
    floats = sum(value.size for value in state.values() if value.dtype.kind == "f")
    size = 8 * len(surp.encode(state, bits_per_weight=3.0)) / floats
    assert 2.8 < size <= 3.0


def test_a_size_out_of_reach_is_answered_with_the_least_one(state):
    with pytest.raises(TargetError, match=r"bytes: 20; the least that can be reached is \d+ bytes"):
        surp.encode(state, max_bytes=20)


def test_sparsity_keeps_what_norm_scaled_global_magnitude_keeps(state):
    pruned = run(state, "global_magnitude", 0.9, Parameters(tensors="matrices"), np.random.default_rng(0)).state
    found = surp.decode(surp.encode(state, sparsity=0.9))
    for name in ("fc.weight", "conv.weight"):
        np.testing.assert_array_equal(found[name] != 0, pruned[name] != 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": 1.0}, "encode.sparsity"),
        ({"max_bytes": 9, "step_rel": 1.0}, "step_rel and max_bytes exclude each other"),
        ({"exact": True, "sparsity": 0.5}, "exact keeps the weights"),
        ({"size": 9}, "encode.size: unknown key; known here: .*max_bytes"),
    ],
)
def test_options_that_make_no_sense_are_refused(state, options, message):
    with pytest.raises(ParameterError, match=message):
        surp.encode(state, **options)


def test_exact_keeps_nan_and_infinity_which_are_refused_otherwise():
    state = {"w": np.array([[np.nan, np.inf], [-np.inf, 1]], np.float32)}
    assert surp.decode(surp.encode(state, exact=True))["w"].tobytes() == state["w"].tobytes()
    with pytest.raises(WeightsError, match="'w' holds nan"):
        surp.encode(state)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([*FLOATS]))
def test_any_floats_come_back_bit_for_bit(data, dtype):
    width = dtype_of(dtype).itemsize
    words = data.draw(arrays.arrays(f"u{width}", arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)))
    value = words.view(dtype_of(dtype))
    found = surp.decode(codec.encode(as_they_are({"w": value})))["w"]
    assert (found.dtype, found.shape) == (value.dtype, value.shape)
    assert found.tobytes() == value.tobytes()


def test_an_exact_sparse_model_takes_the_bits_of_its_mantissas_and_little_more():
    rng = np.random.default_rng(0)
    weight = (rng.laplace(size=(300, 200)) * (rng.random((300, 200)) < 0.05)).astype(np.float32) + np.float32(0)
    kept = np.count_nonzero(weight)
    assert len(surp.encode({"w": weight}, exact=True)) < kept * (23 + 10) / 8
    short = torch.tensor(weight).bfloat16()
    assert len(surp.encode({"w": short}, exact=True)) < kept * (7 + 10) / 8


def test_a_torch_model_loads_what_was_saved(tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(20, 10), torch.nn.BatchNorm1d(10)).bfloat16()
    surp.save(model.state_dict(), tmp_path / "m.surp", exact=True)
    loaded = surp.load(tmp_path / "m.surp")
    model.load_state_dict(loaded)
    assert all(torch.equal(loaded[name], value) for name, value in model.state_dict().items())
    assert loaded["0.weight"].dtype == torch.bfloat16


def test_importing_surp_imports_nothing_heavy():
    code = "import sys, surp; assert not {'numpy', 'numba', 'torch', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
