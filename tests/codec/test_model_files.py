"""Whole models: what a quantizer made comes back, and every prefix of its passes is a model."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surp import codec
from surp.codec import decode, decode_levels, describe, encode, encode_levels
from surp.errors import CorruptFileError, ParameterError
from surp.tensors.dtypes import FLOATS, dtype_of
from surp.tensors.levels import Quantized
from surp.tensors.maps import HALF, LevelMap, RelativeMap

pytestmark = pytest.mark.kernels


def halving(weights: dict[str, np.ndarray], step: float) -> Quantized:
    """Weights described by halving thresholds, each value in the middle of its interval."""
    levels = {name: (np.sign(w) * np.floor(np.abs(w) / step)).astype(np.int32) for name, w in weights.items()}
    passes = max(int(np.abs(level).max(initial=1)) for level in levels.values()).bit_length()
    return Quantized(
        levels=levels,
        maps={name: LevelMap(step, offsets=(120,)) for name in weights},
        dtypes=dict.fromkeys(weights, "float32"),
        quantizer="successive",
        passes=passes,
        embedded=tuple(sorted(weights)),
    )


def assert_same(found: Quantized, wanted: Quantized) -> None:
    assert (found.maps, found.dtypes, found.quantizer) == (wanted.maps, wanted.dtypes, wanted.quantizer)
    assert (found.passes, set(found.embedded)) == (wanted.passes, set(wanted.embedded))
    assert set(found.levels) == set(wanted.levels)
    for name, level in wanted.levels.items():
        assert (found.levels[name].dtype, found.levels[name].shape) == (level.dtype, level.shape)
        assert found.levels[name].tobytes() == level.tobytes()


def laplacian(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"a.weight": rng.laplace(size=(60, 80)), "b.weight": rng.laplace(size=(10, 60, 3, 3))}


FLOAT_TYPES = ["float16", "float32", "float64"]
STEPS = st.floats(0, 3.0000000054977558e38, width=32)
OFFSETS = st.lists(st.integers(-300, 300), max_size=3).map(tuple)
MAPS = {
    "embedded": st.builds(LevelMap, STEPS, st.integers(128, 255), OFFSETS),
    "steps": st.builds(LevelMap, STEPS, st.integers(1, 255), OFFSETS),
    "trellis": st.builds(LevelMap, STEPS, st.just(HALF), OFFSETS, st.sampled_from([4, 8])),
    "relative": st.builds(RelativeMap, st.integers(0, 254), st.integers(0, 23)),
    "integers": st.none(),
    "floats": st.none(),
}
"""Maps of every kind of array."""


@st.composite
def models(draw):
    passes = draw(st.integers(1, 31))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    result = Quantized({}, {}, {}, draw(st.sampled_from(["successive", "uniform", "\u00e9"])), passes)
    for index in range(draw(st.integers(0, 4))):
        name = f"layer{index}"
        shape = tuple(draw(st.lists(st.integers(0, 6), max_size=3)))
        kind = draw(st.sampled_from([*MAPS]))
        result.maps[name] = draw(MAPS[kind])
        types = {"integers": ["int64", "bool", "uint8"], "floats": [*FLOATS]}.get(kind, [*FLOAT_TYPES, "int64", "bool"])
        result.dtypes[name] = draw(st.sampled_from(types))
        if kind == "floats":
            own = dtype_of(result.dtypes[name])
            words = rng.integers(0, 1 << 8 * own.itemsize, size=shape, dtype=f"u{own.itemsize}")
            result.levels[name] = np.asarray(words).view(own)
            continue
        bound = (1 << (passes if kind == "embedded" else 31)) - 1
        chosen = rng.integers(-bound, bound + 1, size=shape) * (rng.random(shape) < draw(st.floats(0, 1)))
        result.levels[name] = np.asarray(chosen).astype(np.int32)
        if kind == "embedded":
            result = replace(result, embedded=(*result.embedded, name))
    return result


@settings(max_examples=50, deadline=None)
@given(models())
def test_any_model_comes_back(model):
    assert_same(decode(encode(model)), model)


@settings(max_examples=40, deadline=None)
@given(models().filter(lambda model: model.embedded), st.data())
def test_any_prefix_has_the_leading_bits_and_is_a_model_that_can_be_coded_again(model, data):
    count = data.draw(st.integers(1, model.passes))
    prefix = decode(encode(model), passes=count)
    for name in model.embedded:
        level = model.levels[name].astype(np.int64)
        wanted = np.sign(level) * (np.abs(level) >> (model.passes - count))
        assert np.array_equal(prefix.levels[name], wanted)
    assert_same(decode(encode(prefix)), prefix)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint32", "int64"])
def test_embedded_levels_of_any_type_come_back_and_have_prefixes(dtype):
    level = (np.arange(60).reshape(6, 10) % (2 if dtype == "bool" else 8)).astype(dtype)
    model = Quantized({"w": level}, {"w": LevelMap(1.0)}, {"w": "float32"}, "successive", 3, ("w",))
    data = encode(model)
    assert_same(decode(data), model)
    prefix = decode(data, passes=2).levels["w"]
    assert prefix.dtype == level.dtype
    assert np.array_equal(prefix, (level.astype(int) >> 1).astype(dtype))


@pytest.mark.parametrize("ratio", [128, 181, 230])
def test_every_prefix_of_passes_is_sparser_and_coarser(ratio):
    weights = {name: w.astype(np.float32) for name, w in laplacian().items()}
    model = halving(weights, 0.25) if ratio == 128 else greedy(weights, ratio)
    data = encode(model)
    zeros, errors = [], []
    for count in range(1, model.passes + 1):
        state = decode(data, passes=count).state()
        zeros.append(sum(int((state[name] == 0).sum()) for name in weights))
        errors.append(sum(float(np.abs(state[name] - w).sum()) for name, w in weights.items()))
    assert zeros == sorted(zeros, reverse=True)
    assert zeros[0] > zeros[-1]
    assert all(after < before for before, after in pairwise(errors))


def greedy(weights: dict[str, np.ndarray], ratio: int) -> Quantized:
    """Passes whose thresholds fall by ratio / 256, one hit a pass."""
    passes, step = 12, 0.25
    levels = {}
    for name, w in weights.items():
        rest, level = np.abs(w) / step, np.zeros(w.shape, dtype=np.int32)
        for bit in range(passes - 1, -1, -1):
            hit = rest >= (256 / ratio) ** bit
            rest = rest - hit * (256 / ratio) ** bit
            level |= hit.astype(np.int32) << bit
        levels[name] = (np.sign(w) * level).astype(np.int32)
    maps = {name: LevelMap(step, ratio, (60,)) for name in weights}
    dtypes = dict.fromkeys(weights, "float32")
    return Quantized(levels, maps, dtypes, "successive", passes, tuple(sorted(weights)))


def test_points_sent_for_a_prefix_beat_the_lower_ends_and_the_points_of_the_finest_cells():
    weights = laplacian()
    model = halving(weights, 0.125)
    data = encode(model)
    for count in range(1, model.passes):
        prefix = decode(data, passes=count)
        error = {}
        for what, offsets in (("sent", None), ("lower", ()), ("finest", (120,))):
            maps = {n: m if offsets is None else replace(m, offsets=offsets) for n, m in prefix.maps.items()}
            state = replace(prefix, maps=maps).state()
            error[what] = sum(np.abs(state[name] - w).sum() for name, w in weights.items())
        assert error["sent"] < error["lower"]
        assert error["sent"] <= 1.002 * error["finest"], "the finest point happens to suit the next coarser cells"
        assert count >= model.passes - 2 or error["sent"] < error["finest"]


def test_passes_that_are_not_there_are_refused_with_their_number():
    data = encode(halving(laplacian(), 0.25))
    total = decode(data).passes
    for count in (-1, 0, total + 1):
        with pytest.raises(ParameterError, match=f"passes: {count}"):
            decode(data, passes=count)


def test_a_file_of_bare_levels_and_a_model_are_told_apart():
    with pytest.raises(CorruptFileError, match="kind of the file is 'levels'"):
        decode(encode_levels({}))
    with pytest.raises(CorruptFileError, match="kind of the file is 'model'"):
        decode_levels(encode(halving(laplacian(), 0.25)))


def test_a_pass_costs_no_more_than_its_entropy_and_little_framing():
    weights = {"w": np.random.default_rng(3).laplace(size=(500, 400))}
    model = halving(weights, 0.125)
    _, counts = np.unique(model.levels["w"], return_counts=True)
    entropy = -(counts * np.log2(counts / counts.sum())).sum() / 8
    assert len(encode(model)) < 1.01 * entropy + 60


def test_framing_of_a_lenet5_is_small():
    shapes = {"conv1": (20, 1, 5, 5), "conv2": (50, 20, 5, 5), "fc1": (500, 800), "fc2": (10, 500)}
    model = Quantized({}, {}, {}, "successive", 3, tuple(f"{name}.weight" for name in shapes))
    for name, shape in shapes.items():
        for tensor, extent in ((f"{name}.weight", shape), (f"{name}.bias", shape[:1])):
            model.levels[tensor] = np.zeros(extent, dtype=np.int32)
            model.maps[tensor] = LevelMap(float(np.float32(0.1 + len(model.maps) / 77)), offsets=(130, 90, 80))
            model.dtypes[tensor] = "float32"
    assert len(encode(model)) < 200


def test_description_is_json_with_every_tensor_and_block():
    model = halving(laplacian(), 0.25)
    data = encode(model)
    facts = json.loads(json.dumps(describe(codec.open(data))))
    assert [row["name"] for row in facts["tensors"]] == sorted(model.levels)
    assert [block["name"] for block in facts["blocks"]] == [f"pass {i + 1}" for i in range(model.passes)]
    elements = sum(level.size for level in model.levels.values())
    assert facts["bits_per_weight"] == 8 * len(data) / elements
    assert facts["tensors"][0]["step"] == 0.25


TRELLIS = LevelMap(0.5, states=5)
WRONG = {
    "passes": lambda m: replace(m, passes=m.passes - 1),
    "too many passes": lambda m: replace(m, passes=32),
    "embedded": lambda m: replace(m, embedded=("nowhere",)),
    "without a map": lambda m: replace(m, maps={**m.maps, "a.weight": None}),
    "maps: names": lambda m: replace(m, maps={}),
    "dtypes: names": lambda m: replace(m, dtypes={}),
    "dtype complex64": lambda m: replace(m, dtypes={**m.dtypes, "a.weight": "complex64"}),
    "step nan": lambda m: replace(m, maps={**m.maps, "a.weight": LevelMap(float("nan"))}),
    "step 0.1": lambda m: replace(m, maps={**m.maps, "a.weight": LevelMap(0.1)}),
    "a trellis of 5 states": lambda m: replace(m, embedded=(), passes=0, maps={**m.maps, "a.weight": TRELLIS}),
    "a trellis of 4 states and ratio 128, in passes": lambda m: replace(
        m, maps={**m.maps, "a.weight": LevelMap(0.5, states=4)}
    ),
    "ratio 300": lambda m: replace(m, maps={**m.maps, "a.weight": LevelMap(0.5, 300)}),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_model_whose_parts_do_not_fit_is_refused(mistake):
    pattern = {"too many passes": "passes: 32; allowed: 1 to 31"}.get(mistake, mistake)
    with pytest.raises(ParameterError, match=pattern):
        encode(WRONG[mistake](halving(laplacian(), 0.25)))
