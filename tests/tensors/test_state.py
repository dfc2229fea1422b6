"""Which tensors of a state are weights: by type, by shape, by name."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from surp.errors import WeightsError
from surp.tensors.layout import flatten, join
from surp.tensors.state import check_finite, float_elements, is_buffer, sparsity, takes_part


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


def test_sparsity_counts_zeros_of_the_tensors_that_take_part():
    state = {"w": np.array([[0, 1], [0, 0]], np.float32), "b": np.ones(4, np.float32)}
    assert sparsity(state, "matrices") == 0.75
    assert sparsity(state, "all") == 3 / 8
    assert sparsity({}) == 0.0


def test_floats_that_numpy_lacks_take_part_as_others_do():
    state = {"w": np.array([[1, 0], [2, 3]], ml_dtypes.bfloat16), "v": np.zeros((2, 2), ml_dtypes.float8_e4m3fn)}
    assert flatten(state)[1].names == ("v", "w")
    assert sparsity(state, "matrices") == 5 / 8
    assert float_elements(state | {"n": np.ones(3, np.int64)}) == 8
    with pytest.raises(WeightsError, match=r"'w' holds nan at \(0, 1\)"):
        check_finite({"w": np.array([[1, np.nan]], ml_dtypes.bfloat16)})
