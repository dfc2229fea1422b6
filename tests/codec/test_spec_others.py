"""What docs/format.md says of the coders 1 and 2 is what the package writes."""

from __future__ import annotations

import numpy as np
import pytest
import spec_reader_others as spec
import zstandard
from make_golden import GOLDEN, floats, model, sparse, uniform

from surp.codec import encode, encode_levels
from surp.codec.frame.container import open_file

READERS = {
    "huffman_csr": spec.huffman_csr,
    "bitmap_zstd": lambda data, shapes: spec.bitmap_zstd(data, shapes, zstandard.ZstdDecompressor().decompress),
}
LARGE = {"conv": sparse((8, 3, 5, 5), 1, 40, 300), "fc": sparse((60, 90), 2, 50, 4), "one": sparse((1, 7), 3, 1, 1)}


@pytest.mark.parametrize("coder", READERS)
@pytest.mark.parametrize("levels", [model().levels, uniform().levels, LARGE, {"w": np.zeros((40, 50), np.int32)}])
def test_a_reader_of_the_text_alone_gets_the_same_levels(coder, levels):
    header, blocks, _ = open_file(encode_levels(levels, coder=coder))
    found = READERS[coder](blocks[0].content, [tensor.shape for tensor in header.plain])
    for tensor, values in zip(header.plain, found, strict=True):
        assert values == levels[tensor.name].reshape(-1).tolist()


@pytest.mark.parametrize("coder", READERS)
def test_a_model_in_passes_is_one_block_of_plain_levels(coder):
    header, blocks, _ = open_file(encode(model(), coder=coder))
    assert [block.name for block in blocks] == ["plain"]
    found = READERS[coder](blocks[0].content, [tensor.shape for tensor in header.plain])
    assert found[-1] == model().levels[header.plain[-1].name].reshape(-1).tolist()


@pytest.mark.parametrize("coder", READERS)
def test_signs_of_zeros_are_a_block_like_the_plain_one(coder):
    header, (plain, signs, _), _ = open_file((GOLDEN / f"exact-{coder}-default.surp").read_bytes())
    levels = dict(
        zip((t.name for t in header.plain), READERS[coder](plain.content, [t.shape for t in header.plain]), strict=True)
    )
    shapes = [(1, levels[tensor.name].count(0)) for tensor in header.signed]
    state = floats()[0]
    for tensor, found in zip(header.signed, READERS[coder](signs.content, shapes), strict=True):
        value = state[tensor.name]
        assert found == np.signbit(value[value == 0]).astype(int).tolist()
