"""Quantizers without levels: narrower numbers, and the files that come of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surp import codec, registry
from surp.codec import encode
from surp.codec.coder import quantizes
from surp.errors import ParameterError, WeightsError
from surp.models import build, get_state, set_state
from surp.quantize.quantizers.int8 import rows
from surp.tensors.forms import Form
from surp.tensors.levels import Quantized, as_they_are
from surp.tensors.levels_file import read_levels, write_levels
from surp.tensors.rules import scaled_rows

NAMES = ("float16", "float32", "int8")
CODERS = tuple(n for n in registry.names("coders") if not quantizes(registry.load("coders", n)))


def model(dtype="float32"):
    rng = np.random.default_rng(0)
    sparse = rng.laplace(0, 0.1, (10, 40)) * (rng.random((10, 40)) < 0.2)
    return {
        "conv.weight": rng.laplace(0, 3, (6, 3, 3, 3)).astype(dtype),
        "fc.bias": rng.laplace(0, 0.01, 10).astype(dtype),
        "fc.weight": sparse.astype(dtype),
        "norm.batches": np.array(2**40),
        "norm.mask": np.array([True, False]),
        "scale": np.array(0.5, dtype=dtype),
        "zero.weight": np.zeros((3, 2), dtype=dtype),
        "empty.weight": np.zeros((0, 2), dtype=dtype),
        "hollow.weight": np.zeros((2, 0), dtype=dtype),
    }


def quantize(name: str, state) -> Quantized:
    module = registry.load("quantizers", name)
    return module.quantize(state, module.Parameters())


def decoded(model: Quantized, **coding) -> dict[str, np.ndarray]:
    return codec.open(encode(model, **coding)).state()


@pytest.mark.parametrize("name", NAMES)
class TestEveryNarrowing:
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_names_and_shapes_survive_and_zeros_stay(self, name, dtype):
        state = model(dtype)
        found = quantize(name, state).state()
        assert {n: v.shape for n, v in found.items()} == {n: v.shape for n, v in state.items()}
        for key, value in state.items():
            assert (found[key][value == 0] == 0).all()
            assert value.dtype.kind == found[key].dtype.kind

    def test_integers_are_exact(self, name):
        found = quantize(name, model()).state()
        assert found["norm.batches"] == 2**40
        assert found["norm.mask"].tolist() == [True, False]

    def test_what_it_makes_survives_its_file(self, name, tmp_path):
        made = quantize(name, model())
        write_levels(tmp_path / "l.safetensors", made)
        found = read_levels(tmp_path / "l.safetensors")
        assert (found.maps, found.dtypes, found.forms, found.quantizer) == (made.maps, made.dtypes, made.forms, name)
        assert not any(made.maps.values())
        assert (found.elements, found.floats) == (made.elements, made.floats)
        assert made.floats == sum(v.size for v in model().values() if v.dtype.kind == "f")
        for key, value in made.state().items():
            np.testing.assert_array_equal(found.state()[key], value)

    @pytest.mark.parametrize("coder", CODERS)
    def test_the_file_of_every_coder_gives_the_values_back(self, name, coder):
        made = quantize(name, model())
        file = codec.open(encode(made, coder=coder))
        state = file.state()
        assert set(state) == set(model())
        for key, value in made.state().items():
            np.testing.assert_array_equal(state[key], value, strict=True)
        facts = codec.describe(file)
        assert (facts["weights"], facts["quantizer"]) == (made.floats, name)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_what_is_not_finite_is_refused_naming_tensor_and_place(self, name, bad):
        state = model()
        state["fc.weight"][2, 3] = bad
        with pytest.raises(WeightsError, match=r"'fc.weight' holds .* at \(2, 3\)"):
            quantize(name, state)

    def test_a_dtype_that_is_no_number_line_is_refused(self, name):
        with pytest.raises(WeightsError, match="'z' has dtype complex64; allowed"):
            quantize(name, {"z": np.zeros(3, dtype=np.complex64)})

    def test_a_model_takes_the_decoded_weights(self, name):
        network = build("lenet300_100", 10, (1, 28, 28))
        made = quantize(name, get_state(network))
        set_state(network, decoded(made, coder="bitmap_zstd"))
        for key, value in made.state().items():
            np.testing.assert_array_equal(get_state(network)[key], value.astype(np.float32))
        assert {value.dtype for value in network.state_dict().values()} == {torch.float32}


def test_float32_changes_nothing():
    for key, value in quantize("float32", model()).state().items():
        np.testing.assert_array_equal(value, model()[key])


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(-60000, 60000, width=32)))
def test_float16_is_what_torch_rounds_to(weights):
    found = quantize("float16", {"w": weights}).state()["w"]
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, torch.from_numpy(weights).half().numpy())


def test_a_magnitude_beyond_the_type_is_refused_naming_the_tensor():
    with pytest.raises(WeightsError, match=r"'w' holds the magnitude 70000; float16 goes up to 65504"):
        quantize("float16", {"w": np.array([[1.0, -70000.0]], dtype=np.float32)})
    with pytest.raises(WeightsError, match=r"'w' holds the magnitude 1e\+300; float32 goes up to 3.40282e\+38"):
        quantize("float32", {"w": np.array([1e300])})


WEIGHTS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=6),
    elements=st.floats(-1e4, 1e4, width=32) | st.floats(-(2.0**-16), 2.0**-16, width=32) | st.sampled_from([0.0, 1.0]),
)


@settings(deadline=None, max_examples=300)
@given(WEIGHTS)
def test_int8_is_what_torch_makes_of_each_output_channel(weights):
    from torch.ao.quantization import default_per_channel_weight_observer

    tensor = torch.from_numpy(weights)
    observer = default_per_channel_weight_observer()
    observer(tensor)
    scales, zeros = observer.calculate_qparams()
    wanted = torch.quantize_per_channel(tensor, scales, zeros, 0, torch.qint8)
    levels, found = rows(weights)
    np.testing.assert_array_equal(found, scales.numpy())
    np.testing.assert_array_equal(levels, wanted.int_repr().numpy())
    form = Form("scaled_rows", weights.shape, "float32", scaled_rows.ROLES)
    rebuilt = scaled_rows.rebuild(form, [levels, found], None)
    np.testing.assert_array_equal(rebuilt, wanted.dequantize().numpy(), strict=True)


def components_of(model: Quantized, name: str) -> list[np.ndarray]:
    return [model.levels[component] for component in model.forms[name].components]


def test_int8_keeps_vectors_as_they_are_and_a_scale_for_each_row():
    made = quantize("int8", model())
    integers, scales = components_of(made, "fc.weight")
    assert integers.dtype == np.int8
    assert components_of(made, "conv.weight")[1].shape == (6,)
    assert "fc.bias" not in made.forms
    np.testing.assert_array_equal(made.state()["fc.bias"], model()["fc.bias"])
    assert (np.abs(made.state()["fc.weight"] - model()["fc.weight"]) <= 0.501 * scales[:, None]).all()


def test_a_tensor_may_have_any_name_beside_one_with_scales(tmp_path):
    names = ("w", "w.integers", "w.scales", "w.integers.scales")
    state = {name: np.full((2, 3), n + 1, np.float32) for n, name in enumerate(names)}
    state |= {"w.scales1": np.ones(2, np.float32), "v": np.ones((2, 3), np.int8), "v.scales": np.ones(2, np.float32)}
    made = quantize("int8", state)
    write_levels(tmp_path / "l.safetensors", made)
    for model in (made, read_levels(tmp_path / "l.safetensors")):
        found = decoded(model)
        assert set(found) == set(state)
        for name, value in made.state().items():
            np.testing.assert_array_equal(found[name], value, strict=True)


def test_pairs_that_look_like_scales_are_two_tensors_in_an_exact_file():
    pair = {"w.integers": np.ones((2, 3), np.int8), "w.scales": np.ones(2, np.float32)}
    found = decoded(as_they_are(pair))
    assert {n: (v.dtype, v.shape) for n, v in found.items()} == {n: (v.dtype, v.shape) for n, v in pair.items()}


def scaled(integers: np.ndarray, scales: np.ndarray) -> Quantized:
    arrays = {"integers": integers, "scales": scales}
    form = Form("scaled_rows", integers.shape, "float32", tuple(arrays))
    return Quantized(arrays, dict.fromkeys(arrays), {n: v.dtype.name for n, v in arrays.items()}, "", forms={"w": form})


@pytest.mark.parametrize(
    ("integers", "scales"),
    [(np.ones((2, 3), np.int8), np.ones(3, np.float32)), (np.array(3, np.int8), np.ones(1, np.float32))],
)
def test_scales_that_do_not_fit_are_refused_by_the_tensors_name(integers, scales):
    with pytest.raises(ParameterError, match=r"tensor 'w': integers of shape .* and scales of shape .* for \("):
        encode(scaled(integers, scales))


def test_integers_and_scales_may_have_any_types():
    for integers, scales in ((np.int8, np.float64), (np.int16, np.float32), (np.uint8, np.float16)):
        found = decoded(scaled(np.arange(6, dtype=integers).reshape(2, 3), np.array([0.5, 2], scales)))
        np.testing.assert_array_equal(found["w"], np.float32([[0, 0.5, 1], [6, 8, 10]]), strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_no_quantizer_pays_for_signs_of_zeros(name):
    state = {"w": np.array([[0.0, -0.0], [-1e-30, 5]], np.float32)}
    made = quantize(name, state)
    assert not any(np.signbit(v[v == 0]).any() for v in (*made.state().values(), *made.levels.values()))


def test_a_checkpoint_is_coded_with_any_of_them_at_once():
    from surp.compress import decode as decode_array
    from surp.compress import encode as encode_state

    for name in NAMES:
        data = encode_state(model("float16"), quantizer=name, coder="huffman_csr")
        assert set(decode_array(data)) == set(model())
    with pytest.raises(ParameterError, match=r"quantizers\.int8\.step_rel: unknown key"):
        encode_state(model(), quantizer="int8", step_rel=0.3)


def test_survivors_alone_are_paid_for_in_a_pruned_checkpoint():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(300, 400)).astype(np.float32) * (rng.random((300, 400)) < 0.05)
    survivors = np.count_nonzero(weights)
    size = len(encode(quantize("float32", {"w": weights}), coder="bitmap_zstd"))
    bitmap = 300 * 400 / 8 * 0.2864 / 1
    assert 3 * survivors < size < 4 * survivors + 1.1 * bitmap * 3.5
