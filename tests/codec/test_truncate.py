"""Cut files: as fine as the size allows, and say what they are; files cut by others give their whole passes."""

from itertools import pairwise

import numpy as np
import pytest
from make_golden import uniform

from surp import codec, registry
from surp.codec.frame import layouts as _layouts
from surp.codec.frame.header import TensorEntry
from surp.errors import CorruptFileError, ParameterError, TargetError, TruncatedFileError

QUANTIZER = registry.load("quantizers", "successive")


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(0)
    return {
        "a.weight": rng.laplace(size=(60, 80)).astype(np.float32),
        "b.weight": rng.laplace(size=(10, 6, 3, 3)).astype(np.float32),
        "b.bias": rng.normal(size=10).astype(np.float32),
    }


@pytest.fixture(scope="module")
def file(weights):
    return codec.encode(QUANTIZER.quantize(weights, QUANTIZER.Parameters()))


def error(data: bytes, weights) -> float:
    state = codec.open(data).state()
    return sum(float(np.abs(state[name] - value).sum()) for name, value in weights.items())


def truncate(data: bytes, size: int) -> bytes:
    return codec.open(data).truncate(size)


def blocks_of(data: bytes) -> dict[str, tuple[int, int]]:
    """First byte of each block, and the byte after its checksum; each is one piece."""
    return {place.block: (place.offset, place.offset + place.length + 4) for place in codec.open(data).places}


def test_a_cut_file_fills_its_size_says_it_was_cut_and_is_coarser_the_smaller_it_is(file, weights):
    errors = []
    for size in (300, 600, 1000, 1500, 2000):
        cut = truncate(file, size)
        assert size - 30 <= len(cut) <= size
        assert codec.describe(codec.open(cut))["cut"]
        errors.append(error(cut, weights))
    assert all(finer < coarser for coarser, finer in pairwise(errors))
    assert not codec.describe(codec.open(file))["cut"]


def test_a_cut_in_the_middle_of_a_pass_is_better_than_the_whole_passes_before_it(file, weights):
    whole = [codec.encode(codec.decode(file, passes=count)) for count in (2, 3)]
    between = truncate(file, (len(whole[0]) + len(whole[1])) // 2)
    low, middle, high = (error(data, weights) for data in (whole[0], between, whole[1]))
    assert high < middle < low


def test_a_cut_file_can_be_cut_again_and_have_prefixes(file, weights):
    once = truncate(file, 2000)
    for size in (1950, 1500, 700):
        twice = truncate(once, size)
        assert len(twice) <= size
        assert error(twice, weights) <= 1.1 * error(truncate(file, size), weights)
    first = codec.decode(once, passes=1)
    assert first.passes == 1


def test_a_model_with_a_tail_comes_back(file):
    cut = codec.decode(truncate(file, 1500))
    assert cut.tail is not None
    again = codec.decode(codec.encode(cut))
    assert again.tail == cut.tail
    assert all(np.array_equal(again.levels[name], level) for name, level in cut.levels.items())


def test_a_file_that_is_small_enough_is_left_alone(file):
    assert truncate(file, len(file)) == file


def test_less_than_the_least_is_refused_with_the_least(file):
    with pytest.raises(TargetError, match=r"bytes: 30; the least that can be reached is (\d+)"):
        truncate(file, 30)


def test_a_file_without_passes_cannot_be_cut():
    with pytest.raises(ParameterError, match="successive"):
        truncate(codec.encode(uniform()), 50)


def test_of_a_file_cut_by_others_the_whole_passes_are_decoded_and_counted(file, weights):
    passes = [end for block, (_, end) in blocks_of(file).items() if block.startswith("pass")]
    for number, end in enumerate(passes, start=1):
        short, wanted = file[:end], codec.decode(file, passes=number)
        if len(short) < len(file):
            opened = codec.open(short, partial=True)
            assert (opened.whole, opened.passes, opened.is_whole) == (number, len(passes), False)
            with pytest.raises(TruncatedFileError):
                codec.open(short)
        for data in (short, short + file[len(short) :][:3]):
            found = codec.decode(data, partial=True)
            assert found.passes == number
            assert all(np.array_equal(found.levels[name], level) for name, level in wanted.levels.items())
            assert found.maps == wanted.maps


def test_before_the_first_pass_ends_there_is_nothing_to_decode(file):
    start, end = blocks_of(file)["pass 1"]
    with pytest.raises(TruncatedFileError, match=f"its first {end} bytes"):
        codec.open(file[:start], partial=True)
    codec.open(file[:end], partial=True)
    with pytest.raises(TruncatedFileError, match="no passes"):
        codec.open(codec.encode(uniform())[:-3], partial=True)


def test_a_damaged_pass_is_an_error_for_a_partial_decode_too(file):
    damaged = bytearray(file[:-5])
    damaged[blocks_of(file)["pass 1"][0]] ^= 1
    with pytest.raises(CorruptFileError, match="pass 1"):
        codec.decode(bytes(damaged), partial=True)


@pytest.mark.parametrize(("number", "name"), [(1, "lenet300_100"), (2, "lenet5_caffe"), (3, "resnet20")])
def test_a_shipped_layout_is_that_of_the_model(number, name):
    from surp.models import build, get_state

    state = get_state(build(name, 10, registry.load("models", name).SHAPE))
    tensors = tuple(TensorEntry(n, state[n].shape, state[n].dtype.name) for n in sorted(state))
    assert _layouts.find(tensors) == number
