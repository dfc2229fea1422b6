"""Every quantizer without levels, and every coder, from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

import command_line
from surp import registry
from surp.codec.coder import quantizes
from surp.errors import ParameterError
from surp.tensors.safetensors_file import read_state, write_state


def surp(folder, *arguments):
    return command_line.surp(*arguments, cwd=folder)


@pytest.fixture
def weights(tmp_path):
    rng = np.random.default_rng(0)
    state = {
        "fc.weight": (rng.laplace(0, 0.1, (30, 20)) * (rng.random((30, 20)) < 0.3)).astype(np.float32),
        "fc.bias": rng.normal(0, 1, 30).astype(np.float32),
        "norm.steps": np.array(12, np.int64),
    }
    write_state(tmp_path / "w.safetensors", state)
    return state


@pytest.mark.parametrize("coder", registry.names("coders"))
def test_levels_go_through_every_coder_and_back(tmp_path, weights, coder, monkeypatch):
    module = registry.load("coders", coder)
    try:
        module.warm_up()
    except ParameterError as error:
        pytest.skip(str(error))
    if quantizes(module):
        from surp.codec.peers.nncodec import VARIABLE, python

        monkeypatch.setenv(VARIABLE, str(python().parent.parent))
    assert surp(tmp_path, "quantize", "w.safetensors", "-o", "l.safetensors").returncode == 0
    assert surp(tmp_path, "encode", "l.safetensors", "-o", "a.surp").returncode == 0
    assert surp(tmp_path, "decode", "a.surp").returncode == 0
    run = surp(tmp_path, "encode", "l.safetensors", "--coder", coder, "-o", "m.surp", "--metrics", "m.json")
    assert run.returncode == 0, run.stderr
    assert json.loads((tmp_path / "m.json").read_text())["coder"] == coder
    for option in ([], ["--coder", coder]):
        run = surp(tmp_path, "decode", "m.surp", *option)
        assert run.returncode == 0, run.stderr
        before, after = read_state(tmp_path / "a.safetensors")[0], read_state(tmp_path / "m.safetensors")[0]
        for name, value in before.items():
            np.testing.assert_array_equal(after[name], value, strict=True)
    assert coder in surp(tmp_path, "info", "m.surp").stdout


@pytest.mark.parametrize("quantizer", ["float16", "float32", "int8"])
def test_numbers_that_are_kept_go_through_a_file_and_back(tmp_path, weights, quantizer):
    run = surp(tmp_path, "quantize", "w.safetensors", "--quantizer", quantizer, "-o", "l.safetensors")
    assert run.returncode == 0, run.stderr
    run = surp(tmp_path, "encode", "l.safetensors", "--coder", "bitmap_zstd", "--coder-set", "level=3")
    assert run.returncode == 0, run.stderr
    assert surp(tmp_path, "decode", "l.surp", "-o", "d.safetensors").returncode == 0
    found = read_state(tmp_path / "d.safetensors")[0]
    assert set(found) == set(weights)
    np.testing.assert_allclose(found["fc.weight"], weights["fc.weight"], atol=0.003)
    assert "fc.weight" in surp(tmp_path, "info", "l.surp").stdout


def test_floats_become_nncodecs_own_file_and_come_back(tmp_path, weights, monkeypatch):
    from surp.codec.peers.nncodec import VARIABLE, python

    try:
        monkeypatch.setenv(VARIABLE, str(python().parent.parent))
    except ParameterError as error:
        pytest.skip(str(error))
    quantizer = ["--quantizer", "float32"]
    assert surp(tmp_path, "quantize", "w.safetensors", *quantizer, "-o", "l.safetensors").returncode == 0
    for source, more in (("l.safetensors", []), ("w.safetensors", quantizer)):
        run = surp(tmp_path, "encode", source, *more, "--coder", "nncodec", "--coder-set", "qp=-30", "-o", "m.nnc")
        assert run.returncode == 0, run.stderr
        run = surp(tmp_path, "decode", "m.nnc", "--coder", "nncodec")
        assert run.returncode == 0, run.stderr
        found = read_state(tmp_path / "m.safetensors")[0]
        assert {n: v.shape for n, v in found.items()} == {n: v.shape for n, v in weights.items()}
        np.testing.assert_allclose(found["fc.weight"], weights["fc.weight"], atol=0.01)
    assert "nncodec" in surp(tmp_path, "info", "m.nnc").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "w.safetensors", "--coder-set", "qp"], "--coder-set 'qp': expected KEY=VALUE"),
        (["encode", "w.safetensors", "--coder-set", "qp=3"], "coders.adaptive.qp: unknown key; known here: preset"),
        (["decode", "w.safetensors", "--coder", "huffman_csr"], "byte 0: not a .surp file"),
        (["decode", "w.safetensors", "--coder", "zip"], "unknown coder 'zip'; allowed: adaptive, bitmap_zstd"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, weights, arguments, message):
    run = surp(tmp_path, *arguments, "-o", "o")
    assert run.returncode == 1
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1
