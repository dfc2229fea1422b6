"""The MPEG reference software as a coder: levels without loss, floats by its own quantization."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from surp import codec, registry
from surp.codec import encode, encode_levels
from surp.codec.coders.nncodec import Parameters, decode_plain, encode_plain
from surp.codec.frame import wire
from surp.codec.frame.piece import Piece
from surp.codec.peers import nncodec as peer
from surp.codec.peers.file import PeerFile
from surp.codec.scan import scan_of
from surp.errors import CorruptFileError, ParameterError, UnknownNameError
from surp.tensors.levels import Quantized, as_they_are


@pytest.fixture
def peers():
    try:
        return peer.python()
    except ParameterError as error:
        pytest.skip(str(error))


def floats(**more: np.ndarray) -> Quantized:
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
    return as_they_are(tensors, "float32")


def test_floats_become_nncodecs_own_file_which_says_what_it_is(peers):
    wanted = floats().levels
    data = encode(floats(), coder="nncodec")
    assert data.startswith(wire.FOREIGN["nncodec"])
    for coder in (None, "nncodec"):
        file = codec.open(data, coder=coder)
        assert isinstance(file, PeerFile)
        state = file.state()
        assert (file.coder, file.size, file.names) == ("nncodec", len(data), tuple(sorted(wanted)))
        assert {name: value.shape for name, value in state.items()} == {n: v.shape for n, v in wanted.items()}
        assert {n: v.dtype.name for n, v in state.items()} == {
            name: "int32" if name == "steps" else "float32" for name in wanted
        }
        assert state["steps"] == 938
        for name in ("fc.weight", "conv.weight"):
            assert np.abs(state[name] - wanted[name]).max() < 2 ** (-38 / 4) * 1.5
        assert np.abs(state["fc.bias"] - wanted["fc.bias"]).max() < 1e-5
    facts = codec.describe(codec.open(data))
    assert (facts["coder"], facts["weights"]) == ("nncodec", 40 * 60 + 72 + 40 + 2 + 1)
    assert facts["bits_per_weight"] == 8 * len(data) / facts["weights"]


def test_what_nncodecs_own_file_cannot_tell_is_refused(peers):
    file = codec.open(encode(floats(), coder="nncodec"))
    assert file.tensor("scale").tobytes() == file.state()["scale"].tobytes()
    with pytest.raises(UnknownNameError, match=r"unknown tensor 'nowhere'; allowed: conv\.weight"):
        file.tensor("nowhere")
    for ask in (file.model, file.levels):
        with pytest.raises(CorruptFileError, match="an own file of the coder nncodec, which holds no levels"):
            ask()
    with pytest.raises(ParameterError, match="an own file of the coder nncodec cannot be cut"):
        file.truncate(100)


def test_a_file_of_nncodec_is_not_taken_for_one_of_another_coder(peers):
    with pytest.raises(ParameterError, match="coder adaptive: this file was written by the coder nncodec"):
        codec.open(encode(floats(), coder="nncodec"), coder="adaptive")


def test_a_coarser_qp_means_a_smaller_file(peers):
    sizes = [len(encode(floats(), coder="nncodec", settings={"qp": qp})) for qp in (-38, -20)]
    assert sizes[0] > sizes[1]
    with pytest.raises(ParameterError, match=r"coders\.nncodec\.qp"):
        encode(floats(), coder="nncodec", settings={"qp": 7})


def test_levels_of_the_same_integers_take_what_nncodec_takes_for_them(peers):
    rng = np.random.default_rng(1)
    levels = np.where(rng.random((200, 300)) < 0.1, np.rint(rng.laplace(scale=3, size=(200, 300))), 0)
    levels = {"layer.weight": levels.astype(np.int32)}
    own = len(peer.encode(levels))
    assert own - 20 < len(encode_levels(levels, coder="nncodec")) < own + 50


def test_a_decoder_needs_the_file_alone(peers):
    levels = np.arange(-10, 10, dtype=np.int64).reshape(4, 5) << 40
    scan = scan_of(levels.shape, "int64", 1)
    data = encode_plain([(scan, levels)], Parameters())
    assert np.array_equal(decode_plain(Piece("plain", 0, data), [scan], "default")[0][0], levels)


@pytest.mark.parametrize("shape", [(5, 4), (20,), (4, 6)])
def test_tensors_of_another_shape_are_refused_by_block(peers, shape):
    levels = np.arange(20, dtype=np.int32).reshape(4, 5)
    data = encode_plain([(scan_of(levels.shape, "int32", 1), levels)], Parameters())
    with pytest.raises(CorruptFileError, match="block plain at byte 9: nncodec's int32 tensor of shape"):
        decode_plain(Piece("plain", 9, data), [scan_of(shape, "int32", 1)], "default")


@pytest.mark.parametrize("content", [b"", b"\0", b"garbage, and more of it", bytes.fromhex("00040201000806810040ffff")])
def test_streams_that_make_no_sense_are_refused_by_block(peers, content):
    with pytest.raises(CorruptFileError, match="block plain at byte 9"):
        decode_plain(Piece("plain", 9, content), [scan_of((4, 5), "int32", 1)], "default")
    with pytest.raises(CorruptFileError, match=r"nncodec's bitstream|byte 0"):
        codec.open(content, coder="nncodec").state()


def test_a_process_that_takes_too_much_is_ended(peers, monkeypatch):
    zeros = peer.encode({"w": np.zeros((3_000, 10_000), dtype=np.int32)})
    assert len(zeros) < 10_000
    assert peer.decode(zeros, 30_000_000)["w"].shape == (3_000, 10_000)
    monkeypatch.setattr(peer, "_MEMORY", 200 << 20)  # enough to start in
    assert peer.decode(peer.encode({"w": np.ones((3, 3), dtype=np.int32)}), 9)["w"].shape == (3, 3)
    with pytest.raises(peer.RunError):
        peer.decode(zeros, 100)
    monkeypatch.setattr(peer, "_SECONDS", 0.01)
    with pytest.raises(peer.RunError, match="not done after 0 s"):
        peer.decode(peer.encode({"w": np.zeros((3, 3), dtype=np.int32)}), 9)


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
        encode(floats(x=tensor), coder="nncodec")


def test_weights_that_were_narrowed_already_are_not_quantized_again(peers):
    for name in ("float16", "int8"):
        module = registry.load("quantizers", name)
        model = module.quantize({"w": np.ones((2, 3), dtype=np.float32)}, module.Parameters())
        with pytest.raises(ParameterError, match=f"quantizer {name} has narrowed these weights"):
            encode(model, coder="nncodec")


def test_a_missing_environment_is_answered_with_what_builds_it(monkeypatch, tmp_path):
    monkeypatch.setenv(peer.VARIABLE, str(tmp_path))
    for attempt in (peer.python, registry.load("coders", "nncodec").warm_up):
        with pytest.raises(ParameterError, match=r"bin/python is not there; `make peers`.*SURP_PEERS"):
            attempt()
    with pytest.raises(ParameterError, match="make peers"):
        encode_levels({"w": np.ones((2, 2), dtype=np.int32)}, coder="nncodec")


def test_another_folder_is_named_by_the_variable(peers, monkeypatch, tmp_path):
    monkeypatch.setenv(peer.VARIABLE, str(peers.parent.parent))
    monkeypatch.chdir(tmp_path)
    assert len(peer.encode({"w": np.ones((2, 2), dtype=np.int32)})) > 20
    assert Path(sys.executable) != peers
