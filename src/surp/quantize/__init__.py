"""Quantization: from weights to integer levels, or to numbers that are kept. One quantizer a file of `quantizers/`;
`Quantizer` and `CalibratedQuantizer` say what a file holds."""

from __future__ import annotations

from surp.quantize.interface import (
    CalibratedParameters,
    CalibratedQuantizer,
    KeptParameters,
    LevelParameters,
    Made,
    Quantizer,
    QuantizerParameters,
    StepParameters,
    calibrated_quantizer,
    quantizer,
)

__all__ = [
    "CalibratedParameters",
    "CalibratedQuantizer",
    "KeptParameters",
    "LevelParameters",
    "Made",
    "Quantizer",
    "QuantizerParameters",
    "StepParameters",
    "calibrated_quantizer",
    "quantizer",
]
