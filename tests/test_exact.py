"""Every bit means every bit: `surp encode --exact`, and what reads and writes checkpoints around it."""

from __future__ import annotations

import json
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
import torch

import surp
from surp import codec
from surp.errors import ParameterError
from surp.tensors.checkpoints import read_checkpoint
from surp.tensors.dtypes import FLOATS, dtype_of
from surp.tensors.levels import Quantized, as_they_are
from surp.tensors.safetensors_file import write_state

LIMITS = {
    dtype: np.iinfo(dtype) for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
}


def words(dtype: str) -> np.ndarray:
    """Bits of floats, as integers: both zeros, subnormal, infinite, quiet and signalling NaN with payloads."""
    exponents, mantissa = FLOATS[dtype]
    fields = (0, 1, (1 << exponents) // 2, (1 << exponents) - 2, (1 << exponents) - 1)
    rests = (0, 1, 2, (1 << mantissa) // 3, 1 << (mantissa - 1), (1 << (mantissa - 1)) | 5, (1 << mantissa) - 1)
    found = [s << (exponents + mantissa) | f << mantissa | r for s in (0, 1) for f in fields for r in rests]
    return np.array(found, dtype=f"u{(1 + exponents + mantissa) // 8}")


def patterns() -> dict[str, np.ndarray]:
    """A checkpoint of everything: every pattern of 16 bits, integers to their ends, no dimension, no element; names."""
    every = np.arange(1 << 16, dtype=np.uint16)
    return {
        "half": every.view(np.float16).reshape(256, 256),
        "brain": every.view(ml_dtypes.bfloat16).reshape(16, 4096),
        "single": words("float32").view(np.float32).reshape(7, 10),
        "double": words("float64").view(np.float64),
        "zeros": np.zeros((3, 5), np.float32),
        "minus": -np.zeros((2, 2, 2), np.float64),
        "scalar": np.array(-0.0, np.float16),
        "brain.scalar": np.array([0xFF81], np.uint16).view(ml_dtypes.bfloat16).reshape(()),
        "empty": np.zeros((0, 3), np.float32),
        "brain.empty": np.zeros((2, 0), ml_dtypes.bfloat16),
        "flag": np.array(True),
        "flags": np.array([[True, False, True]]),
        **{t: np.array([info.min, 0, 1, info.max, info.max - 1], t) for t, info in LIMITS.items()},
        "count": np.array((1 << 64) - 1, np.uint64),
        "row": np.arange(-3, 3, dtype=np.int8).reshape(2, 3),
        "row@scale": np.array([0.5, -0.0], np.float32),
        "a.weight_orig": np.array([[1.5, -2], [-0.0, 3]], np.float32),
        "a.weight_mask": np.array([[1, 0], [0, 1]], np.float32),
        "": np.array([7], np.int64),
        "\u00fc \U0001f600 @scale": np.array([1], np.uint8),
    }


def contents(path) -> dict[str, tuple[str, list[int], bytes]]:
    """Type, shape and bytes of each tensor of a safetensors file, by that format's description alone."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {
        name: (
            entry["dtype"],
            entry["shape"],
            data[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]],
        )
        for name, entry in header.items()
    }


def test_every_bit_of_every_type_comes_back_from_fresh_processes(tmp_path):
    write_state(tmp_path / "a.safetensors", patterns())
    said = ""
    for line in ("encode a.safetensors --exact -o a.surp", "decode a.surp -o b.safetensors"):
        command = [sys.executable, "-m", "surp", *line.split()]
        said += subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stderr
    assert "note: a.weight_orig and a.weight_mask stay two tensors" in said
    assert "zeros are -0; exact files keep their signs" in said
    assert contents(tmp_path / "b.safetensors") == contents(tmp_path / "a.safetensors")


@pytest.mark.parametrize("coder", ["huffman_csr", "bitmap_zstd"])
def test_every_bit_comes_back_by_every_coder(coder):
    state = patterns()
    every = np.arange(1 << 16, dtype=np.uint32)
    for name in (name for name in FLOATS if name.startswith("float8")):
        state[name] = every[:256].astype(np.uint8).view(dtype_of(name))
    found = codec.open(codec.encode(as_they_are(state), coder=coder)).state()
    assert {n: (v.dtype, v.shape, v.tobytes()) for n, v in found.items()} == {
        n: (v.dtype, v.shape, v.tobytes()) for n, v in state.items()
    }


def describe(data: bytes):
    return codec.describe(codec.open(data))


def masked(density: float = 0.1) -> dict[str, np.ndarray]:
    """A checkpoint times a mask of zeros and ones: half of its zeros are -0."""
    rng = np.random.default_rng(0)
    state = {}
    for name, shape in {"conv1": (20, 1, 5, 5), "conv2": (50, 20, 5, 5), "fc1": (60, 800), "fc2": (10, 60)}.items():
        weights = rng.laplace(size=shape).astype(np.float32)
        mask = (np.abs(weights) > np.quantile(np.abs(weights), 1 - density)).astype(np.float32)
        state |= {f"{name}.weight": weights * mask, f"{name}.bias": rng.normal(size=shape[0]).astype(np.float32)}
    return state


@pytest.mark.parametrize("coder", ["adaptive", "huffman_csr", "bitmap_zstd"])
def test_the_sign_of_a_zero_costs_a_bit_where_signs_are_random_and_nothing_where_there_are_none(coder):
    state = masked()
    positive = {name: value + np.float32(0) for name, value in state.items()}
    zeros = sum(int((value == 0).sum()) for value in state.values())
    assert 0.4 * zeros < sum(int((np.signbit(v) & (v == 0)).sum()) for v in state.values())
    size, without = (len(surp.encode(s, exact=True, coder=coder)) for s in (state, positive))
    assert 8 * (size - without) < 1.01 * zeros + 400
    one = {**positive, "fc1.weight": positive["fc1.weight"].copy()}
    one["fc1.weight"].flat[int(np.argmin(np.abs(one["fc1.weight"])))] = -0.0
    assert 0 < len(surp.encode(one, exact=True, coder=coder)) - without < 45
    blocks = [block["name"] for block in describe(surp.encode(positive, exact=True, coder=coder))["blocks"]]
    assert blocks == ["plain", "mantissas"]


def test_the_bytes_of_an_exact_files_tensors_are_told_with_signs_and_mantissas():
    facts = describe(surp.encode(masked(), exact=True))
    assert [block["name"] for block in facts["blocks"]] == ["plain", "signs", "mantissas"]
    told, there = sum(row["bytes"] for row in facts["tensors"]), sum(block["bytes"] for block in facts["blocks"])
    assert abs(told - there) < 4


@pytest.mark.parametrize("way", ["safetensors", "pt"])
def test_torch_gets_back_what_every_nan_of_bfloat16_carries(way, tmp_path):
    from safetensors.torch import save_file

    every = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int32).to(torch.int16)
    before = {"w": every.view(torch.bfloat16).reshape(256, 256).t(), "s": every[200].view(torch.bfloat16)}
    path = tmp_path / f"a.{way}"
    if way == "pt":
        torch.save(before, path)
    else:
        save_file({name: value.contiguous() for name, value in before.items()}, path)
    surp.save(read_checkpoint(path).state, tmp_path / "a.surp", exact=True)
    after = surp.load(tmp_path / "a.surp")
    assert {n: v.dtype for n, v in after.items()} == {"w": torch.bfloat16, "s": torch.bfloat16}
    assert all(torch.equal(after[n].view(torch.int16), before[n].view(torch.int16)) for n in before)


def test_masks_are_no_more_than_tensors_where_every_bit_is_kept(tmp_path):
    from torch.nn.utils import prune

    model = torch.nn.Sequential(torch.nn.Linear(20, 10))
    prune.random_unstructured(model[0], "weight", amount=0.8)
    torch.save(model.state_dict(), tmp_path / "m.pt")
    checkpoint = read_checkpoint(tmp_path / "m.pt", fold=False)
    assert checkpoint.notices[0].startswith("0.weight_orig and 0.weight_mask stay two tensors")
    found = surp.decode(surp.encode(model.state_dict(), exact=True))
    assert {n: v.tobytes() for n, v in found.items()} == {n: v.numpy().tobytes() for n, v in model.state_dict().items()}


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (np.ones(2, np.complex64), "complex64", "dtype complex64; allowed: bool, uint8"),
        (np.ones(2, np.float64), "float32", "an array of float64 without a map, said to be float32"),
        (np.array([0.1], np.float32), "bfloat16", "an array of float32 without a map, said to be bfloat16"),
    ],
)
def test_a_tensor_that_would_lose_bits_is_refused_by_its_name(value, dtype, message):
    with pytest.raises(ParameterError, match=f"tensor 'w'.*{message}"):
        codec.encode(Quantized({"w": value}, {"w": None}, {"w": dtype}, ""))
