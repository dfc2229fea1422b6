"""Mixed predictions, fast scans: nothing is lost, and each preset is worth its time."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surp.codec import priors
from surp.codec.coders import adaptive
from surp.codec.entropy import mixed_layout as at
from surp.codec.entropy.lane_code import LaneCode
from surp.codec.entropy.logistic import LIMIT, SQUASH, STRETCH
from surp.codec.entropy.mixed_model import KINDS, Mixing, mixers_of, new_mixer, priors_of
from surp.codec.entropy.mixer import INPUTS, PRECISION, TRUSTS
from surp.codec.frame.piece import Piece
from surp.codec.scan import scan_of

pytestmark = pytest.mark.kernels

PRESETS = pytest.mark.parametrize("preset", adaptive.PRESETS)
SHAPES = st.one_of(
    arrays.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=40),
    arrays.array_shapes(min_dims=3, max_dims=5, min_side=1, max_side=5),
)
INTEGERS = st.one_of(st.just(0), st.integers(-3, 3), st.integers(-(2**31), 2**31 - 1))
WIDE = st.one_of(st.just(0), st.integers(-(2**63), 2**63 - 1))
SMALL = st.integers(-(2**31) + 1, 2**31 - 1) | st.integers(-2, 2)


def levels_of(dtype, elements):
    return SHAPES.flatmap(lambda shape: arrays.arrays(dtype, shape, elements=elements, fill=st.just(0)))


def encoded(tensors, preset):
    scans = [scan_of(t.shape, str(t.dtype), int(t.ndim > 1)) for t in tensors]
    return scans, adaptive.encode_plain(zip(scans, tensors, strict=True), adaptive.Parameters(preset=preset))


def network(density, seed=0, shapes=((300, 784), (100, 300), (10, 100))):
    """Weights with dense and empty rows and columns, as pruning leaves them; and a bias after each."""
    rng = np.random.default_rng(seed)
    tensors = []
    for shape in shapes:
        scale = rng.lognormal(sigma=0.8, size=(shape[0], 1)) * rng.lognormal(sigma=0.8, size=(1, shape[1]))
        values = rng.normal(size=shape) * scale
        threshold = np.quantile(np.abs(values), 1 - density)
        magnitudes = np.ceil(np.maximum(np.abs(values) - threshold, 0) / (0.5 * threshold))
        tensors.append((np.sign(values) * magnitudes).astype(np.int32))
        tensors.append(rng.integers(-127, 128, size=shape[:1]).astype(np.int32))
    return tensors


@PRESETS
@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(levels_of(np.int32, INTEGERS), levels_of(np.int64, WIDE)), max_size=4))
def test_any_integers_of_any_shape_come_back(preset, tensors):
    scans, data = encoded(tensors, preset)
    found, bits = adaptive.decode_plain(Piece("plain", 0, data), scans, preset)
    for tensor, level in zip(tensors, found, strict=True):
        np.testing.assert_array_equal(level, tensor)
    assert len(bits) == len(tensors)


@PRESETS
@settings(max_examples=40, deadline=None)
@given(st.lists(levels_of(np.int32, SMALL), min_size=1, max_size=3))
def test_any_passes_come_back(preset, tensors):
    passes = max(int(np.abs(t.astype(np.int64)).max(initial=0)).bit_length() for t in tensors)
    codes = list(adaptive.encode_passes(tensors, passes, adaptive.Parameters(preset=preset)))
    pieces = [Piece(f"pass {i}", 0, code) for i, code in enumerate(codes)]
    found, _ = adaptive.decode_passes(pieces, [t.shape for t in tensors], passes, preset)
    for tensor, level in zip(tensors, found, strict=True):
        np.testing.assert_array_equal(level, tensor)


@PRESETS
def test_the_bytes_are_the_same_in_every_run(preset):
    tensors = network(0.05)
    assert encoded(tensors, preset)[1] == encoded(tensors, preset)[1]


@PRESETS
@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 300), (2, 1, 1, 1, 9), (3, 5, 2, 2), (40, 4, 3, 3), (17, 36)])
def test_narrow_and_kernel_shapes_come_back(preset, shape):
    levels = np.random.default_rng(1).integers(-4, 5, size=shape).astype(np.int32) // 3
    scans, data = encoded([levels, levels, levels], preset)
    for found in adaptive.decode_plain(Piece("plain", 0, data), scans, preset)[0]:
        np.testing.assert_array_equal(found, levels)


@PRESETS
@pytest.mark.parametrize("shape", [(0, 1, 1, 1 << 40), (1 << 40, 0), (0, 5, 1 << 30, 1 << 10)])
def test_absurd_extents_of_empty_tensors_allocate_nothing(preset, shape):
    empty = np.zeros(shape, dtype=np.int32)
    scans, data = encoded([empty], preset)
    assert adaptive.decode_plain(Piece("plain", 0, data), scans, preset)[0][0].shape == shape


@PRESETS
@pytest.mark.parametrize("level_type", ["int8", "uint8", "bool"])
def test_extremes_of_narrow_types_come_back(preset, level_type):
    scan = scan_of((3, 40), level_type, 1)
    levels = np.resize(np.array([scan.least, 0, scan.greatest, 0, 0], dtype=np.int32), (3, 40))
    data = adaptive.encode_plain([(scan, levels)], adaptive.Parameters(preset=preset))
    np.testing.assert_array_equal(adaptive.decode_plain(Piece("plain", 0, data), [scan], preset)[0][0], levels)


@pytest.mark.parametrize("density", [0.3, 0.1, 0.02])
def test_a_slower_preset_makes_no_larger_code(density):
    sizes = [len(encoded(network(density), preset)[1]) for preset in ("max", "default", "fast")]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("density", [0.1, 0.02])
def test_a_slower_preset_makes_hardly_larger_passes(density):
    """Rows and columns of these networks are independent, so there is little to gain."""
    weights = [t for t in network(density) if t.ndim > 1]
    slow, middle, fast = (
        sum(map(len, adaptive.encode_passes(weights, 10, adaptive.Parameters(preset=p))))
        for p in ("max", "default", "fast")
    )
    assert slow < middle < 1.005 * fast


def untaught(preset):
    """The coder as it would be without priors: even odds, the mean of the inputs."""
    memory = np.zeros(at.MEMORY, dtype=np.int32)
    memory[0 : at.WEIGHTS : 2] = 1 << (PRECISION - 1)
    memory[at.WEIGHTS :].reshape(-1, INPUTS, TRUSTS)[:, :4] = 1 << 14
    return [new_mixer(memory.copy(), int(preset == "max")) for _ in range(KINDS)]


def taught(preset):
    return mixers_of(priors.read(preset), int(preset == "max"))


def coded(tensors, mixers):
    code, model = LaneCode(), Mixing(mixers)
    for tensor in tensors:
        scan = scan_of(tensor.shape, "int32", int(tensor.ndim > 1))
        model.plain(code, scan, tensor, np.array([scan.least, scan.greatest]))
    return len(code.bytes())


@pytest.mark.parametrize("preset", ["default", "max"])
def test_priors_save_bytes_on_a_small_network_that_they_were_not_made_from(preset):
    """Levels of a LeNet-5 of which 99.6 % is pruned, held out by `tools/train_priors.py`: 2.2 kB."""
    with np.load(Path(__file__).with_name("held_out.npz")) as file:
        tensors = [file[name].astype(np.int32) for name in file.files]
    assert coded(tensors, taught(preset)) < coded(tensors, untaught(preset)) - 30


@PRESETS
def test_random_levels_expand_by_little(preset):
    levels = np.random.default_rng(3).integers(-128, 128, size=(200, 200)).astype(np.int32)
    assert len(encoded([levels], preset)[1]) < 1.05 * levels.size + 64


@PRESETS
def test_a_zero_tensor_takes_almost_nothing(preset):
    assert len(encoded([np.zeros((300, 300), dtype=np.int32)], preset)[1]) < 64


def test_priors_survive_being_written():
    for preset in ("default", "max"):
        mixers = taught(preset)
        again = mixers_of(priors_of(mixers), int(preset == "max"))
        assert len(mixers) == KINDS
        for old, new in zip(mixers, again, strict=True):
            np.testing.assert_array_equal(old.memory, new.memory)


def test_squash_is_the_inverse_of_stretch():
    stretched = np.arange(-LIMIT, LIMIT + 1)
    back = STRETCH[np.minimum(SQUASH, 65535)]
    assert np.abs(SQUASH[back + LIMIT] - SQUASH).max() <= 1
    assert np.all(np.diff(SQUASH) >= 0)
    assert np.abs(SQUASH - 65536 / (1 + np.exp(-stretched / 256))).max() < 1


SCRIPT = """
import sys, numpy as np
from surp.codec import priors
from surp.codec.coders import adaptive
from surp.codec.frame.piece import Piece
from surp.codec.scan import scan_of
scan = scan_of((12, 20), "int32", 1)
for preset in adaptive.PRESETS:
    data = bytes.fromhex(sys.stdin.readline())
    print(adaptive.decode_plain(Piece("plain", 0, data), [scan], preset)[0][0].tolist())
"""


def test_the_code_is_read_without_compiled_kernels():
    levels = np.random.default_rng(5).integers(-9, 10, size=(12, 20)).astype(np.int32) // 5
    codes = [encoded([levels], preset)[1].hex() for preset in adaptive.PRESETS]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    done = subprocess.run(command, input="\n".join(codes), env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(levels.tolist())] * len(codes)
