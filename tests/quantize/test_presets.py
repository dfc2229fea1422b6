"""Presets of quantizers: what is taken where nothing is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import surp
from surp.quantize import quantizer
from surp.quantize.presets import PRESETS
from surp.stages import encode as stage

STATE = {"fc.weight": np.random.default_rng(0).laplace(size=(30, 40)).astype(np.float32)}


@pytest.mark.parametrize("use", PRESETS)
def test_the_settings_of_a_preset_are_parameters_of_its_quantizer(use):
    preset = PRESETS[use]
    quantizer(preset.quantizer).Parameters.parse(preset.settings, use)


@pytest.mark.parametrize(("use", "options"), [("weights", {}), ("survivors", {"sparsity": 0.8})])
def test_encoding_takes_the_preset_of_its_use(use, options):
    said = {"quantizer": PRESETS[use].quantizer, "quantizer_settings": dict(PRESETS[use].settings)}
    assert surp.encode(STATE, **options) == surp.encode(STATE, **options, **said)


def test_what_is_said_counts_more_than_the_preset():
    given = surp.encode(STATE, sparsity=0.8, quantizer_settings={"step_rel": 0.5})
    assert given == surp.encode(STATE, sparsity=0.8, step_rel=0.5) != surp.encode(STATE, sparsity=0.8)


def test_the_help_tells_the_step_of_the_survivors():
    step = PRESETS["survivors"].settings["step_rel"]
    assert f"uniformly quantized with --step-rel {step} unless told otherwise" in Path(stage.__file__).read_text()
