"""The one reader and the one writer of safetensors files."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from surp.errors import WeightsError
from surp.tensors import safetensors_file
from surp.tensors.safetensors_file import read_metadata, read_state, write_state


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


def test_the_same_content_gives_the_same_bytes(tmp_path):
    state = {"b": np.ones(3, np.float32), "a": np.zeros((2, 2), np.float64)}
    metadata = {f"key {i}": "value" for i in range(8)}
    for name, keys in (("one", metadata), ("two", dict(reversed(metadata.items())))):
        write_state(tmp_path / name, state, keys)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert read_state(tmp_path / "one")[1] == metadata


def test_a_name_that_safetensors_has_for_itself_is_refused_when_it_is_written(tmp_path):
    with pytest.raises(WeightsError, match="tensor '__metadata__' has the name of the metadata"):
        write_state(tmp_path / "a.safetensors", {"__metadata__": np.ones(2)})
    assert not list(tmp_path.iterdir())


def states() -> dict[str, np.ndarray]:
    """A tensor of each type that files have, without a dimension, without an element, transposed, of other bytes."""
    rng = np.random.default_rng(0)
    state = {
        name: rng.integers(0, 2, (2, 3, np.dtype(name).itemsize), np.uint8).view(name)[..., 0].T
        for name in safetensors_file.CODES
    }
    return state | {"scalar": np.array(7), "empty": np.zeros((0, 3)), "big-endian": np.arange(3, dtype=">f4")}


def test_every_type_comes_back_and_stands_where_the_library_puts_it(tmp_path):
    state = states()
    write_state(tmp_path / "ours", state)
    contiguous = {name: np.ascontiguousarray(value).reshape(value.shape) for name, value in state.items()}
    save_file(contiguous, tmp_path / "theirs")
    ours, theirs = ((tmp_path / name).read_bytes() for name in ("ours", "theirs"))
    start = 8 + int.from_bytes(theirs[:8], "little")
    assert ours.endswith(theirs[start:])
    assert read_metadata(tmp_path / "ours") == {}
    for path in ("ours", "theirs"):
        back = read_state(tmp_path / path)[0]
        assert list(back) == sorted(state)
        for name, value in state.items():
            assert (back[name].dtype.name, back[name].shape) == (value.dtype.name, value.shape)
            assert back[name].tobytes() == value.astype(value.dtype.newbyteorder("=")).tobytes()


def test_tensors_that_are_read_may_be_changed(tmp_path):
    write_state(tmp_path / "a", {"w": np.zeros(3, np.float32)})
    read_state(tmp_path / "a")[0]["w"][0] = 1


def test_a_truncated_file_and_a_damaged_header_are_named(tmp_path):
    write_state(tmp_path / "whole", {"w": np.ones((40, 50), np.float32)}, {"key": "value"})
    content = (tmp_path / "whole").read_bytes()
    for name, part in {"half": content[:4000], "header": content[:20], "long": content + b"x", "none": b""}.items():
        (tmp_path / name).write_bytes(part)
        for read in (read_state, read_metadata):
            with pytest.raises(WeightsError, match=f"{name}: not a readable safetensors file: "):
                read(tmp_path / name)


def test_a_type_that_is_not_read_or_written_is_named(tmp_path):
    save_torch({"w": torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2)}, tmp_path / "a")
    with pytest.raises(WeightsError, match=r"a: tensor 'w' has the type F4; allowed: BOOL, U8, .*BF16"):
        read_state(tmp_path / "a")
    with pytest.raises(WeightsError, match="tensor 'w' has dtype complex128; allowed: bool, uint8"):
        write_state(tmp_path / "b", {"w": np.ones(2, np.complex128)})
    assert not (tmp_path / "b").exists()
