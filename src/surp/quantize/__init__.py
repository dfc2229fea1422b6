"""Quantization: from weights to integer levels. One quantizer a file; each holds `Parameters` and `quantize`.

def quantize(state, parameters) -> surp.tensors.levels.Quantized
"""
