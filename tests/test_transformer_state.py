"""A transformer's state dict, as users have them: default settings and `--exact`, decoded in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import surp

WIDTH, TOKENS = 32, 40


def state_dict() -> dict[str, torch.Tensor]:
    """Layers of torch, and by their usual names what GPT, BERT, ViT, CaiT and CLIP have besides."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, batch_first=True)
    state = dict(torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).state_dict(prefix="encoder."))
    tied = torch.randn(TOKENS, WIDTH) * 0.02
    half = torch.randn(3 * WIDTH, WIDTH).bfloat16()
    return state | {
        "transformer.wte.weight": tied,
        "lm_head.weight": tied,
        "transformer.h.0.attn.bias": torch.ones(16, 16, dtype=torch.bool).tril().reshape(1, 1, 16, 16),
        "transformer.h.0.attn.masked_bias": torch.tensor(-1e4),
        "transformer.h.0.attn.c_attn.weight": half,
        "transformer.h.0.attn.c_attn.bias": half[:, 0].clone(),
        "embeddings.position_ids": torch.arange(TOKENS).reshape(1, -1),
        "blocks.0.cls_token": torch.randn(1, 1, WIDTH) * 0.02,
        "blocks.0.pos_embed": torch.randn(1, TOKENS + 1, WIDTH) * 0.02,
        "blocks.0.layer_scale_1": torch.full((WIDTH, 1, 1), 1e-5) * torch.rand(WIDTH, 1, 1),
        "blocks.0.norm1.num_batches_tracked": torch.tensor(1 << 40),
        "logit_scale": torch.tensor(4.6052),
        "rope.inv_freq": (1e4 ** (-torch.arange(0, WIDTH, 2) / WIDTH)).half(),
    }


@pytest.fixture(scope="module")
def decoded(tmp_path_factory):
    """What came in, and what came out of files at default settings and of exact ones."""
    folder, state = tmp_path_factory.mktemp("transformer"), state_dict()
    torch.save(state, folder / "model.pt")
    surp.save(torch.load(folder / "model.pt", weights_only=True), folder / "default.surp")
    surp.save(torch.load(folder / "model.pt", weights_only=True), folder / "exact.surp", exact=True)
    command = [sys.executable, "-m", "surp", "decode", "default.surp", "exact.surp"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return state, *(load_file(folder / f"{name}.safetensors") for name in ("default", "exact"))


def test_names_types_shapes_and_integers_come_back(decoded):
    state, *others = decoded
    for found in others:
        assert {n: (v.dtype, v.shape) for n, v in found.items()} == {n: (v.dtype, v.shape) for n, v in state.items()}
        assert all(torch.equal(found[n], v) for n, v in state.items() if not v.is_floating_point())
        assert torch.equal(found["lm_head.weight"], found["transformer.wte.weight"])


def test_exact_files_keep_every_bit(decoded):
    state, _, exact = decoded
    assert all(torch.equal(exact[n], v) for n, v in state.items())


def test_at_default_settings_every_tensor_is_near_and_the_network_does_what_it_did(decoded):
    state, default, _ = decoded
    for name, value in state.items():
        if value.is_floating_point():
            error = (default[name].double() - value.double()).norm()
            assert error <= 0.25 * value.double().norm(), name
    layer = torch.nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, batch_first=True)
    network = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    inputs, outputs = torch.randn(4, 9, WIDTH), []
    for found in (state, default):
        network.load_state_dict({n.removeprefix("encoder."): v for n, v in found.items() if n.startswith("encoder.")})
        outputs.append(network(inputs).detach().numpy())
    assert np.corrcoef(outputs[0].ravel(), outputs[1].ravel())[0, 1] > 0.98
