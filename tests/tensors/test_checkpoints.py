"""Checkpoints of others: what is read of them, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import surp
from surp.errors import WeightsError
from surp.tensors.checkpoints import from_state_dict, read_checkpoint


def test_masks_of_torch_are_folded_and_zeros_stay_zeros(tmp_path):
    from torch.nn.utils import prune

    model = torch.nn.Sequential(torch.nn.Linear(20, 10))
    prune.random_unstructured(model[0], "weight", amount=0.8)
    torch.save({"state_dict": model.state_dict(), "epoch": 3}, tmp_path / "m.pt")
    checkpoint = read_checkpoint(tmp_path / "m.pt")
    assert sorted(checkpoint.state) == ["0.bias", "0.weight"]
    assert checkpoint.notices == ("0.weight_orig and 0.weight_mask folded into 0.weight",)
    wanted = model[0].weight.detach().numpy()
    np.testing.assert_array_equal(checkpoint.state["0.weight"], wanted)
    found = surp.decode(surp.encode(model.state_dict()))["0.weight"]
    assert not found[wanted == 0].any()


def test_a_pickled_object_is_refused_and_not_executed(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    with pytest.raises(WeightsError, match="not a file of weights alone"):
        read_checkpoint(tmp_path / "whole.pt")


def test_what_is_no_tensor_is_named():
    with pytest.raises(WeightsError, match="'epoch' is int"):
        from_state_dict({"epoch": 3})


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_bfloat16_and_float8_are_read_as_they_are(tmp_path, suffix):
    from safetensors.torch import save_file

    before = {"w": torch.randn(5, 4).bfloat16(), "b": torch.randn(3), "e": torch.randn(2, 3).to(torch.float8_e5m2)}
    (save_file if suffix == ".safetensors" else torch.save)(before, path := tmp_path / f"a{suffix}")
    state = read_checkpoint(path).state
    assert {name: value.dtype.name for name, value in state.items()} == {
        "w": "bfloat16",
        "b": "float32",
        "e": "float8_e5m2",
    }
    for name, value in before.items():
        np.testing.assert_array_equal(state[name].astype(np.float32), value.float().numpy())


def test_a_file_of_another_kind_is_told_which_are_read(tmp_path):
    (tmp_path / "model.h5").write_bytes(b"not a checkpoint")
    with pytest.raises(
        WeightsError, match=r"model\.h5: not a readable safetensors file: .*; files of torch end with \.pt"
    ):
        read_checkpoint(tmp_path / "model.h5")


@pytest.mark.parametrize(
    "value",
    [
        torch.eye(3).to_sparse(),
        torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    ],
)
def test_a_tensor_of_torch_that_has_no_array_is_named(value):
    with pytest.raises(WeightsError, match=r"tensor 'w' of dtype float"):
        from_state_dict({"w": value})
