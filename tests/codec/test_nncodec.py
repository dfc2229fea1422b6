"""The MPEG reference software as a coder: levels without loss, floats by its own quantization."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from surp import registry
from surp.codec import coder_of, decode_state, describe, encode, encode_levels
from surp.codec.coders.nncodec import Parameters, decode_plain, encode_plain
from surp.codec.frame import wire
from surp.codec.frame.container import Block
from surp.codec.peers import environment as _peer
from surp.codec.sections import plain_of
from surp.errors import CorruptFileError, ParameterError
from surp.tensors.kept import Kept


@pytest.fixture
def peers():
    try:
        return _peer.python()
    except ParameterError as error:
        pytest.skip(str(error))


def kept(**more: np.ndarray) -> Kept:
    rng = np.random.default_rng(0)
    tensors = {
        "fc.weight": (rng.laplace(scale=0.05, size=(40, 60)) * (rng.random((40, 60)) < 0.2)).astype(np.float32),
        "conv.weight": rng.laplace(scale=0.1, size=(4, 2, 3, 3)).astype(np.float32),
        "fc.bias": rng.normal(size=40).astype(np.float32),
        "file": np.array([[0.5, -0.25]], dtype=np.float32),
        "scale": np.array(0.5, dtype=np.float32),
        "steps": np.array(938, dtype=np.int64),
        **more,
    }
    return Kept(tensors, {name: str(value.dtype) for name, value in tensors.items()}, "float32")


def test_floats_become_nncodecs_own_file_which_says_what_it_is(peers):
    model = kept()
    data = encode(model, coder="nncodec")
    assert data.startswith(wire.FOREIGN["nncodec"])
    assert coder_of(data) == "nncodec"
    for coder in (None, "nncodec"):
        state, types = decode_state(data, coder=coder)
        assert {name: value.shape for name, value in state.items()} == {n: v.shape for n, v in model.tensors.items()}
        assert types == {name: "int32" if name == "steps" else "float32" for name in model.tensors}
        assert state["steps"] == 938
        for name in ("fc.weight", "conv.weight"):
            assert np.abs(state[name] - model.tensors[name]).max() < 2 ** (-38 / 4) * 1.5
        assert np.abs(state["fc.bias"] - model.tensors["fc.bias"]).max() < 1e-5
    facts = describe(data)
    assert (facts["coder"], facts["weights"]) == ("nncodec", 40 * 60 + 72 + 40 + 2 + 1)
    assert facts["bits_per_weight"] == 8 * len(data) / facts["weights"]


def test_a_coarser_qp_means_a_smaller_file(peers):
    sizes = [len(encode(kept(), coder="nncodec", settings={"qp": qp})) for qp in (-38, -20)]
    assert sizes[0] > sizes[1]
    with pytest.raises(ParameterError, match=r"coders\.nncodec\.qp"):
        encode(kept(), coder="nncodec", settings={"qp": 7})


def test_levels_of_the_same_integers_take_what_nncodec_takes_for_them(peers):
    rng = np.random.default_rng(1)
    levels = np.where(rng.random((200, 300)) < 0.1, np.rint(rng.laplace(scale=3, size=(200, 300))), 0)
    levels = {"layer.weight": levels.astype(np.int32)}
    own = len(_peer.encode(levels))
    assert own - 20 < len(encode_levels(levels, coder="nncodec")) < own + 50


def test_a_decoder_needs_the_file_alone(peers):
    levels = np.arange(-10, 10, dtype=np.int64).reshape(4, 5) << 40
    plain = plain_of(levels.shape, "int64", 1)
    data = encode_plain([(plain, levels)], Parameters())
    assert np.array_equal(decode_plain(Block("plain", 0, data), [plain], "default")[0][0], levels)


@pytest.mark.parametrize("shape", [(5, 4), (20,), (4, 6)])
def test_tensors_of_another_shape_are_refused_by_block(peers, shape):
    levels = np.arange(20, dtype=np.int32).reshape(4, 5)
    data = encode_plain([(plain_of(levels.shape, "int32", 1), levels)], Parameters())
    with pytest.raises(CorruptFileError, match="block plain at byte 9: nncodec's int32 tensor of shape"):
        decode_plain(Block("plain", 9, data), [plain_of(shape, "int32", 1)], "default")


@pytest.mark.parametrize("content", [b"", b"\0", b"garbage, and more of it", bytes.fromhex("00040201000806810040ffff")])
def test_streams_that_make_no_sense_are_refused_by_block(peers, content):
    with pytest.raises(CorruptFileError, match="block plain at byte 9"):
        decode_plain(Block("plain", 9, content), [plain_of((4, 5), "int32", 1)], "default")
    with pytest.raises(CorruptFileError, match=r"nncodec's bitstream|byte 0"):
        decode_state(content, coder="nncodec")


def test_a_process_that_takes_too_much_is_ended(peers, monkeypatch):
    zeros = _peer.encode({"w": np.zeros((3_000, 10_000), dtype=np.int32)})
    assert len(zeros) < 10_000
    assert _peer.decode(zeros, 30_000_000)["w"].shape == (3_000, 10_000)
    monkeypatch.setattr(_peer, "_MEMORY", 200 << 20)  # enough to start in
    assert _peer.decode(_peer.encode({"w": np.ones((3, 3), dtype=np.int32)}), 9)["w"].shape == (3, 3)
    with pytest.raises(_peer.RunError):
        _peer.decode(zeros, 100)
    monkeypatch.setattr(_peer, "_SECONDS", 0.01)
    with pytest.raises(_peer.RunError, match="not done after 0 s"):
        _peer.decode(_peer.encode({"w": np.zeros((3, 3), dtype=np.int32)}), 9)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (np.array([2**40]), "'x' holds integers beyond 32 bits"),
        (np.array([np.nan], dtype=np.float32), "'x' holds NaN or infinity"),
        (np.array([0.5], dtype=np.float16), "allowed: float32"),
    ],
)
def test_what_nncodec_cannot_hold_is_named(peers, tensor, message):
    with pytest.raises(ParameterError, match=message):
        encode(kept(x=tensor), coder="nncodec")


def test_weights_that_were_narrowed_already_are_not_quantized_again(peers):
    for name in ("float16", "int8"):
        module = registry.load("quantizers", name)
        model = module.quantize({"w": np.ones((2, 3), dtype=np.float32)}, module.Parameters())
        with pytest.raises(ParameterError, match=f"quantizer {name} has narrowed these weights"):
            encode(model, coder="nncodec")


def test_a_missing_environment_is_answered_with_what_builds_it(monkeypatch, tmp_path):
    monkeypatch.setenv(_peer.VARIABLE, str(tmp_path))
    for attempt in (_peer.python, registry.load("coders", "nncodec").warm_up):
        with pytest.raises(ParameterError, match=r"bin/python is not there; `make peers`.*SURP_PEERS"):
            attempt()
    with pytest.raises(ParameterError, match="make peers"):
        encode_levels({"w": np.ones((2, 2), dtype=np.int32)}, coder="nncodec")


def test_another_folder_is_named_by_the_variable(peers, monkeypatch, tmp_path):
    monkeypatch.setenv(_peer.VARIABLE, str(peers.parent.parent))
    monkeypatch.chdir(tmp_path)
    assert len(_peer.encode({"w": np.ones((2, 2), dtype=np.int32)})) > 20
    assert Path(sys.executable) != peers
