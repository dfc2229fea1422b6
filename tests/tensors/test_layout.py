"""The one way through: state -> (vector, layout) -> state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surp.errors import WeightsError
from surp.tensors.layout import flatten, unflatten

TENSORS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    elements=st.floats(-1e6, 1e6, width=32).filter(lambda x: x == 0 or abs(x) > 1e-6),
)
STATES = st.dictionaries(st.text(min_size=1, max_size=8), TENSORS, max_size=5)


@given(STATES)
def test_unflatten_inverts_flatten(state):
    back = unflatten(*flatten(state))
    assert back.keys() == state.keys()
    for name, value in state.items():
        assert back[name].shape == value.shape
        np.testing.assert_allclose(back[name], value, rtol=1e-12, atol=0)


@given(STATES)
def test_every_tensor_has_norm_one_or_stays_zero(state):
    vector, layout = flatten(state)
    for start, stop, norm in zip(layout.bounds[:-1], layout.bounds[1:], layout.norms, strict=True):
        part = float(np.linalg.norm(vector[start:stop]))
        assert part == 0 if norm == 0 else abs(part - 1) < 1e-9


def test_the_order_is_that_of_the_sorted_names_whoever_built_the_state():
    one = {"b": np.ones((2, 2), np.float32), "a": np.zeros((3, 1), np.float32)}
    other = dict(reversed(list(one.items())))
    assert flatten(one)[1] == flatten(other)[1]
    assert flatten(one)[1].names == ("a", "b")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_tensor_and_position(bad):
    state = {"fc.weight": np.ones((2, 3), np.float32)}
    state["fc.weight"][1, 2] = bad
    with pytest.raises(WeightsError, match=r"'fc\.weight' holds -?(nan|inf) at \(1, 2\)"):
        flatten(state)
