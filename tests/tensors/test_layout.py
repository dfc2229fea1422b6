"""The one way through: state -> (vector, layout) -> state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surp.errors import WeightsError
from surp.tensors.layout import flatten, is_buffer, join, read_state, sparsity, takes_part, unflatten, write_state

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


def test_integers_never_take_part_and_vectors_only_when_all_do():
    assert not takes_part("w", np.zeros((3, 3), np.int64), "all")
    for shape in ((3,), (3, 1, 1), (1, 1, 3), ()):
        assert takes_part("w", np.zeros(shape, np.float32), "all")
        assert not takes_part("w", np.zeros(shape, np.float32), "matrices")
    for shape in ((3, 3), (3, 1, 2), (3, 1, 3, 3)):
        assert takes_part("w", np.zeros(shape, np.float32), "matrices")


@pytest.mark.parametrize(
    "name",
    [
        *("bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked", "running_var"),
        *("batch_normalization/moving_mean", "bn/moving_variance:0", "batch_stats/conv/bn/mean", "batch_stats.bn.var"),
        *(
            "layers.0.blocks.1.attn_mask",
            "attn.relative_position_index",
            "attn.relative_coords_table",
            "fc.weight_mask",
        ),
        *("rotary_emb.inv_freq", "freqs_cis", "embeddings.position_ids", "pos_encoder.pe", "pixel_mean"),
        *("parametrizations.weight.0._u",),
    ],
)
def test_a_buffer_is_known_by_its_name_and_takes_no_part(name):
    state = {name: np.ones((3, 4), np.float32), "w": np.zeros((2, 2), np.float32)}
    assert not takes_part(name, state[name], "all")
    assert flatten(state)[1].names == join(state)[1].names == ("w",)
    assert sparsity(state) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("fc.weight", "fc.bias", "bn1.weight", "layer_scale", "block.0.gamma", "cls_token", "mask_token", "pos_embed"),
        *("attn.relative_position_bias_table", "lstm.weight_ih_l0", "fc.weight_g", "fc.weight_v", "logit_scale"),
        *("running.weight", "maskhead.weight", "type.weight", "scope"),
    ],
)
def test_a_parameter_is_no_buffer(name):
    assert not is_buffer(name)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_tensor_and_position(bad):
    state = {"fc.weight": np.ones((2, 3), np.float32)}
    state["fc.weight"][1, 2] = bad
    with pytest.raises(WeightsError, match=r"'fc\.weight' holds -?(nan|inf) at \(1, 2\)"):
        flatten(state)


def test_a_checkpoint_survives_writing_and_reading(tmp_path):
    state = {"w": np.arange(6, dtype=np.float32).reshape(2, 3).T, "n": np.array(7), "e": np.zeros((0, 3))}
    write_state(tmp_path / "a.safetensors", state, {"surp.kind": "weights"})
    back, metadata = read_state(tmp_path / "a.safetensors")
    assert metadata == {"surp.kind": "weights"}
    for name, value in state.items():
        np.testing.assert_array_equal(back[name], value)
        assert back[name].shape == value.shape


def test_a_missing_or_damaged_checkpoint_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.safetensors: no such file"):
        read_state(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"not a checkpoint")
    with pytest.raises(WeightsError, match=r"bad\.safetensors: not a readable"):
        read_state(tmp_path / "bad.safetensors")


def test_sparsity_counts_zeros_of_the_tensors_that_take_part():
    state = {"w": np.array([[0, 1], [0, 0]], np.float32), "b": np.ones(4, np.float32)}
    assert sparsity(state, "matrices") == 0.75
    assert sparsity(state, "all") == 3 / 8
    assert sparsity({}) == 0.0


def test_the_same_content_gives_the_same_bytes(tmp_path):
    state = {"b": np.ones(3, np.float32), "a": np.zeros((2, 2), np.float64)}
    metadata = {f"key {i}": "value" for i in range(8)}
    for name, keys in (("one", metadata), ("two", dict(reversed(metadata.items())))):
        write_state(tmp_path / name, state, keys)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert read_state(tmp_path / "one")[1] == metadata
