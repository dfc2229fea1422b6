"""What docs/format.md says of the coders 1 and 2 is what the package writes."""

from __future__ import annotations

import numpy as np
import pytest
import spec_reader_others as spec
import zstandard
from make_golden import GOLDEN, floats, model, sparse, uniform

from surp import codec
from surp.codec.floats import words_of

READERS = {
    "huffman_csr": spec.huffman_csr,
    "bitmap_zstd": lambda data, shapes: spec.bitmap_zstd(data, shapes, zstandard.ZstdDecompressor().decompress),
}
LARGE = {"conv": sparse((8, 3, 5, 5), 1, 40, 300), "fc": sparse((60, 90), 2, 50, 4), "one": sparse((1, 7), 3, 1, 1)}


def pieces_of(data):
    """Arrays outside the passes in the order of the scan, and the content of each block, which is one piece."""
    file = codec.open(data)
    contents = {place.block: data[place.offset : place.offset + place.length] for place in file.places}
    return [part.array for lane in file.header.plain_lanes for part in lane], contents


@pytest.mark.parametrize("coder", READERS)
@pytest.mark.parametrize("levels", [model().levels, uniform().levels, LARGE, {"w": np.zeros((40, 50), np.int32)}])
def test_a_reader_of_the_text_alone_gets_the_same_levels(coder, levels):
    arrays, blocks = pieces_of(codec.encode_levels(levels, coder=coder))
    found = READERS[coder](blocks["plain"], [array.shape for array in arrays])
    for array, values in zip(arrays, found, strict=True):
        assert values == levels[array.name].reshape(-1).tolist()


@pytest.mark.parametrize("coder", READERS)
def test_a_model_in_passes_is_one_block_of_plain_levels(coder):
    arrays, blocks = pieces_of(codec.encode(model(), coder=coder))
    assert [*blocks] == ["plain"]
    found = READERS[coder](blocks["plain"], [array.shape for array in arrays])
    assert found[-1] == model().levels[arrays[-1].name].reshape(-1).tolist()


@pytest.mark.parametrize("coder", READERS)
def test_signs_of_zeros_are_a_block_like_the_plain_one(coder):
    arrays, blocks = pieces_of((GOLDEN / f"exact-{coder}-default.surp").read_bytes())
    levels = READERS[coder](blocks["plain"], [array.shape for array in arrays])
    signed = [
        (array, level) for array, level in zip(arrays, levels, strict=True) if array.bits and array.bits.signed_zeros
    ]
    shapes = [(1, level.count(0)) for _, level in signed]
    state = floats().levels
    for (array, _), found in zip(signed, READERS[coder](blocks["signs"], shapes), strict=True):
        words = words_of(state[array.name])
        zeros = words[(words << 1) == 0]
        assert found == (zeros != 0).astype(int).tolist()
