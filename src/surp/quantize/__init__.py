"""Quantization: from weights to integer levels, or to numbers that are kept. One quantizer a file of `quantizers/`;
`interface` says what a file holds, `presets` which one is taken where nothing is said."""

from __future__ import annotations

from surp.quantize.interface import quantizer

__all__ = ["quantizer"]
