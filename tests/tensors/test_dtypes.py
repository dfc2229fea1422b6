"""Types of tensors: what counts as a float, and how values become bfloat16 and float8."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from surp.tensors import dtypes
from surp.tensors.torch_tensors import from_torch, to_torch

NARROW = [name for name in dtypes.FLOATS if not dtypes.numpy_has(np.dtype(name))]


def every(name: str) -> np.ndarray:
    """Every pattern of bits of a type of at most 16."""
    size = np.dtype(name).itemsize
    return np.arange(1 << 8 * size).astype(f"u{size}").view(np.dtype(name))


@pytest.mark.parametrize("name", dtypes.FLOATS)
def test_the_bits_of_a_float_are_a_sign_exponent_and_mantissa(name):
    exponents, mantissa = dtypes.FLOATS[name]
    dtype = np.dtype(name)
    assert dtypes.is_float(dtype)
    assert 1 + exponents + mantissa == 8 * dtype.itemsize
    assert ml_dtypes.finfo(dtype).nmant == mantissa
    one, two, minus = (int(dtypes.bits(np.array(x).astype(dtype))) for x in (1, 2, -2))
    assert (two - one, minus - two) == (1 << mantissa, 1 << (exponents + mantissa))


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, bool, np.complex64, ml_dtypes.float8_e8m0fnu])
def test_other_types_are_no_floats(dtype):
    assert not dtypes.is_float(np.dtype(dtype))


@pytest.mark.parametrize("name", NARROW)
def test_widened_values_are_rounded_back_to_themselves(name):
    values = every(name)
    with np.errstate(invalid="ignore"):
        finite = values[np.isfinite(values)]
    wide = dtypes.widened(finite)
    assert wide.dtype == np.float32
    np.testing.assert_array_equal(dtypes.bits(dtypes.cast(wide, name)), dtypes.bits(finite))


def test_types_of_numpy_are_computed_with_as_they_are():
    half = np.ones(3, np.float16)
    assert dtypes.widened(half) is half


def test_bfloat16_is_rounded_to_the_nearest_ties_to_even():
    step = 2.0**-7
    values = np.array([1 + 0.49 * step, 1 + 0.5 * step, 1 + 0.51 * step, 1 + 1.5 * step, -(1 + 0.5 * step)])
    found = dtypes.widened(dtypes.cast(values, "bfloat16"))
    np.testing.assert_array_equal(found, [1, 1, 1 + step, 1 + 2 * step, -1])


@pytest.mark.parametrize("name", [name for name in NARROW if name.startswith("float8")])
def test_float8_beyond_its_largest_value_is_that_value_and_no_nan(name):
    largest = float(ml_dtypes.finfo(name).max)
    np.testing.assert_array_equal(dtypes.widened(dtypes.cast(np.array([1e6, -1e30]), name)), [largest, -largest])


@pytest.mark.parametrize("name", NARROW)
def test_torch_gets_and_gives_back_every_pattern_of_bits(name):
    state = {"w": every(name).reshape(2, -1), "scalar": every(name)[130].reshape(())}
    there = to_torch(state)
    assert str(there["w"].dtype) == f"torch.{name}"
    for key, value in state.items():
        back = from_torch(key, there[key])
        assert (back.dtype, back.shape, back.tobytes()) == (value.dtype, value.shape, value.tobytes())
