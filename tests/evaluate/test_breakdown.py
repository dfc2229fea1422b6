"""Where bytes go: parts are exactly the file, and plain formats are counted by hand."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from surp import codec, registry
from surp.errors import SurpError
from surp.evaluate.breakdown import breakdown, counts_of
from surp.evaluate.formats import parts_of_bitmap, parts_of_csr, plain_bytes
from surp.summary.counted import Count, CountedRow


def model(quantizer, sparsity=0.9):
    rng = np.random.default_rng(0)
    weight = rng.laplace(0, 0.1, (80, 60)) * (rng.random((80, 60)) > sparsity)
    kernel = rng.laplace(0, 0.1, (6, 4, 3, 3)) * (rng.random((6, 4, 3, 3)) > sparsity)
    state = {"fc.weight": weight, "conv.weight": kernel, "fc.bias": rng.normal(0, 1, 80)}
    module = registry.load("quantizers", quantizer)
    state = {name: tensor.astype(np.float32) for name, tensor in state.items()} | {"steps": np.array(7)}
    return module.quantize(state, module.Parameters())


@pytest.mark.parametrize("preset", ["fast", "default"])
@pytest.mark.parametrize("quantizer", ["uniform", "successive"])
def test_the_parts_are_exactly_the_file(quantizer, preset):
    data = codec.encode(model(quantizer), preset=preset)
    parts = breakdown(data)
    assert parts.total == len(data) == sum(asdict(parts).values())
    assert min(asdict(parts).values()) > 0
    survivors = sum(count.nonzero for count in counts_of(codec.decode(data)).values() if count.matrix)
    assert parts.sign == pytest.approx(survivors / 8, rel=0.1)
    assert parts.header < 130


def test_a_model_without_survivors_spends_next_to_nothing_on_them():
    parts = breakdown(codec.encode(model("uniform", sparsity=1.0)))
    assert parts.index + parts.sign + parts.magnitude < 20
    assert parts.biases > 20


def test_levels_of_one_magnitude_spend_nothing_on_magnitudes():
    quantized = model("uniform")
    for name in ("fc.weight", "conv.weight"):
        quantized.levels[name][...] = np.sign(quantized.levels[name])
    assert breakdown(codec.encode(quantized)).magnitude == 0


def test_plain_formats_by_hand():
    counts = {"w": Count((3, 5), 4), "k": Count((2, 2, 2, 2), 3), "b": Count((3,), 1)}
    sizes = plain_bytes(counts)
    assert sizes["dense_float32"] == 4 * (15 + 16 + 3)
    assert sizes["dense_float16"] == 2 * (15 + 16 + 3)
    assert sizes["bitmap_float32"] == 2 + 2 + 4 * 7 + 4 * 3
    assert sizes["csr_32"] == 8 * 7 + 4 * (4 + 3) + 4 * 3
    assert sizes["csr_16"] == 6 * 7 + 4 * (4 + 3) + 4 * 3
    assert sum(parts_of_bitmap(counts).values()) == sizes["bitmap_float32"]
    assert sum(parts_of_csr(counts).values()) == sizes["csr_32"]


def test_counts_are_read_as_they_are_written():
    counts = {"w": Count((3, 5), 4), "b": Count((3,), 1)}
    axes = {"dataset": "d", "model": "m", "seed": 0, "method": "surp", "quantizer": "q", "coder": "c", "bytes": 9}
    written = json.loads(json.dumps(axes | {"tensors": {name: asdict(count) for name, count in counts.items()}}))
    assert CountedRow.parse(written, "row 1").tensors == counts
    with pytest.raises(SurpError, match=r"row 1: tensors\.w\.nonzero: required, but missing"):
        CountedRow.parse(written | {"tensors": {"w": {"shape": [3]}}}, "row 1")


def test_a_row_too_long_for_16_bits_has_indices_of_32():
    counts = {"w": Count((1, 65_537), 1)}
    assert plain_bytes(counts)["csr_16"] == plain_bytes(counts)["csr_32"]
