"""What default settings do to a trained network of the kind people have: batch normalisation and depthwise layers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import Tensor, nn

import surp
from surp.models import get_state, set_state

pytestmark = pytest.mark.trains

CHANNELS = torch.tensor([20.0, 2.0, 0.2])
"""Scales of the pictures' channels: after a depthwise convolution the variances differ as their squares do."""


def images(seed: int, count: int) -> tuple[Tensor, Tensor]:
    """Pictures (count, 3, 8, 8) and their classes, which the brightest channel tells apart; the faintest is noise."""
    generator = torch.Generator().manual_seed(seed)
    patterns = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(7))
    classes = torch.randint(4, (count,), generator=generator)
    noise = torch.randn(count, 3, 8, 8, generator=generator)
    noise[:, 0] += 0.5 * patterns[classes]
    return noise * CHANNELS[:, None, None], classes


def network() -> nn.Module:
    def separable(inputs: int, outputs: int) -> list[nn.Module]:
        depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        return [depthwise, nn.BatchNorm2d(inputs), pointwise, nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.Sequential(*separable(3, 16), *separable(16, 32), nn.Flatten(), nn.Linear(32 * 64, 4))


@pytest.fixture(scope="module")
def trained() -> nn.Module:
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for step in range(120):
        pictures, classes = images(100 + step, 64)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(pictures), classes).backward()
        optimizer.step()
    return model.eval()


def accuracy(model: nn.Module) -> float:
    pictures, classes = images(1, 2000)
    with torch.no_grad():
        return float((model(pictures).argmax(1) == classes).float().mean())


def decoded(model: nn.Module, file, **options) -> nn.Module:
    """The network of a file, decoded by a process that has nothing but it."""
    surp.save(model.state_dict(), file, **options)
    weights = file.with_suffix(".safetensors")
    subprocess.run([sys.executable, "-m", "surp", "decode", str(file), "-o", str(weights)], check=True)
    result = network().eval()
    set_state(result, load_file(weights))
    return result


def test_a_network_with_batch_norm_and_depthwise_layers_survives_default_settings(trained, tmp_path):
    before = accuracy(trained)
    assert before > 0.9
    assert accuracy(decoded(trained, tmp_path / "model.surp")) >= before - 0.02


@pytest.mark.parametrize("quantizer", ["uniform", "rdo_uniform"])
def test_it_survives_other_quantizers_at_fine_steps(trained, tmp_path, quantizer):
    assert (
        accuracy(decoded(trained, tmp_path / "m.surp", quantizer=quantizer, step_rel=0.2)) >= accuracy(trained) - 0.02
    )


def test_variances_stay_positive_and_near_what_they_were(trained, tmp_path):
    before, after = get_state(trained), get_state(decoded(trained, tmp_path / "model.surp"))
    for name in (name for name in before if name.endswith("running_var")):
        assert before[name].max() > 0
        np.testing.assert_allclose(after[name], before[name], rtol=2.0**-4)
        assert (after[name] > 0).all()
