"""Cut files: as fine as the size allows, and say what they are; files cut by others give their whole passes."""

from itertools import pairwise

import numpy as np
import pytest
from make_golden import uniform

from surp import codec, registry
from surp.codec.frame import layouts as _layouts
from surp.codec.frame.header import Tensor
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


def error(state, weights) -> float:
    return sum(float(np.abs(state[name] - value).sum()) for name, value in weights.items())


def test_a_cut_file_fills_its_size_says_it_was_cut_and_is_coarser_the_smaller_it_is(file, weights):
    errors = []
    for size in (300, 600, 1000, 1500, 2000):
        cut = codec.truncate(file, size)
        assert size - 30 <= len(cut) <= size
        facts = codec.describe(cut)
        assert facts["cut"]
        errors.append(error(codec.decode_state(cut)[0], weights))
    assert all(finer < coarser for coarser, finer in pairwise(errors))
    assert not codec.describe(file)["cut"]


def test_a_cut_in_the_middle_of_a_pass_is_better_than_the_whole_passes_before_it(file, weights):
    whole = [codec.encode(codec.decode(file, passes=count)) for count in (2, 3)]
    between = codec.truncate(file, (len(whole[0]) + len(whole[1])) // 2)
    low, middle, high = (error(codec.decode_state(data)[0], weights) for data in (whole[0], between, whole[1]))
    assert high < middle < low


def test_a_cut_file_can_be_cut_again_and_have_prefixes(file, weights):
    once = codec.truncate(file, 2000)
    for size in (1950, 1500, 700):
        twice = codec.truncate(once, size)
        assert len(twice) <= size
        assert error(codec.decode_state(twice)[0], weights) <= 1.1 * error(
            codec.decode_state(codec.truncate(file, size))[0], weights
        )
    first = codec.decode(once, passes=1)
    assert first.passes == 1


def test_a_model_with_a_tail_comes_back(file):
    cut = codec.decode(codec.truncate(file, 1500))
    assert cut.tail is not None
    again = codec.decode(codec.encode(cut))
    assert again.tail == cut.tail
    assert all(np.array_equal(again.levels[name], level) for name, level in cut.levels.items())


def test_a_file_that_is_small_enough_is_left_alone(file):
    assert codec.truncate(file, len(file)) == file


def test_less_than_the_least_is_refused_with_the_least(file):
    with pytest.raises(TargetError, match=r"bytes: 30; the least that can be reached is (\d+)"):
        codec.truncate(file, 30)


def test_a_file_without_passes_cannot_be_cut():
    with pytest.raises(ParameterError, match="successive"):
        codec.truncate(codec.encode(uniform()), 50)


def test_of_a_file_cut_by_others_the_whole_passes_are_decoded_and_counted(file, weights):
    blocks = codec.describe(file)["blocks"]
    for number, block in enumerate(blocks[1:], start=1):
        short = file[: block["offset"] + block["bytes"] + 4]
        if len(short) < len(file):
            assert codec.whole_passes(short) == (number, len(blocks) - 1)
            with pytest.raises(TruncatedFileError):
                codec.decode(short)
        wanted = codec.decode(file, passes=number)
        for data in (short, short + file[len(short) :][:3]):
            found = codec.decode(data, partial=True)
            assert found.passes == number
            assert all(np.array_equal(found.levels[name], level) for name, level in wanted.levels.items())
            assert found.maps == wanted.maps


def test_before_the_first_pass_ends_there_is_nothing_to_decode(file):
    block = codec.describe(file)["blocks"][1]
    with pytest.raises(TruncatedFileError, match=f"its first {block['offset'] + block['bytes'] + 4} bytes"):
        codec.decode(file[: block["offset"]], partial=True)
    with pytest.raises(TruncatedFileError, match="no passes"):
        codec.decode(codec.encode(uniform())[:-3], partial=True)


def test_a_damaged_pass_is_an_error_for_a_partial_decode_too(file):
    block = codec.describe(file)["blocks"][1]
    damaged = bytearray(file[:-5])
    damaged[block["offset"]] ^= 1
    with pytest.raises(CorruptFileError, match="pass 1"):
        codec.decode(bytes(damaged), partial=True)


@pytest.mark.parametrize(("number", "name"), [(1, "lenet300_100"), (2, "lenet5_caffe"), (3, "resnet20")])
def test_a_shipped_layout_is_that_of_the_model(number, name):
    from surp.models import build, get_state

    state = get_state(build(name, 10, registry.load("models", name).SHAPE))
    tensors = tuple(Tensor(n, state[n].shape, state[n].dtype.name, "int32") for n in sorted(state))
    assert _layouts.find(tensors) == number
