"""What every quantizer of the folder does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tiny_network import calibration, tiny

from surp import codec, registry
from surp.errors import ParameterError, WeightsError
from surp.models import get_state
from surp.quantize.interface import LevelParameters
from surp.tensors.levels_file import read_levels, write_levels

# Those that make levels; what the others make is tested in test_narrow.py.
EVERY = tuple(
    name
    for name in registry.names("quantizers")
    if issubclass(registry.load("quantizers", name).Parameters, LevelParameters)
)


def parameters_of(name, **settings):
    return registry.load("quantizers", name).Parameters.parse(settings, "quantizers")


CALIBRATED = tuple(name for name in EVERY if parameters_of(name).calibrated)
QUANTIZERS = tuple(name for name in EVERY if name not in CALIBRATED)


def model(dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    sparse = rng.laplace(0, 0.1, (10, 40))
    sparse[rng.random((10, 40)) < 0.8] = 0
    return {
        "conv.weight": rng.laplace(0, 3, (6, 3, 3, 3)).astype(dtype),
        "fc.bias": rng.laplace(0, 0.01, 10).astype(dtype),
        "fc.weight": sparse.astype(dtype),
        "norm.batches": np.array(7),
        "norm.mask": np.array([True, False]),
        "scale": np.array(0.5, dtype=dtype),
        "zero.bias": np.zeros(4, dtype=dtype),
        "zero.weight": np.zeros((3, 2), dtype=dtype),
    }


def quantize(name, state, **settings):
    return registry.load("quantizers", name).quantize(state, parameters_of(name, **settings))


def by_distance(name, **settings):
    """Settings with which a quantizer looks at the distance alone, not at the rate."""
    fields = registry.load("quantizers", name).Parameters.model_fields
    return {**settings, **({"rate_weight": 0} if "rate_weight" in fields else {})}


def distortion(name, state, **settings):
    values = quantize(name, state, **settings).state()
    return sum(np.abs(values[k].astype(float) - state[k]).sum() for k in ("conv.weight", "fc.weight"))


def test_the_quantizers_of_the_pipeline_are_there():
    assert {"uniform", "successive"} <= set(QUANTIZERS)


def test_parameters_of_every_quantizer_are_read_without_torch():
    code = "import sys; from surp import registry; [registry.load('quantizers', n).Parameters().calibrated for n in "
    code += "registry.names('quantizers')]; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", QUANTIZERS)
class TestEveryQuantizer:
    @pytest.mark.parametrize("tensors", ["all", "matrices"])
    @pytest.mark.parametrize("scale", ["tensor", "norm"])
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_names_shapes_and_dtypes_survive(self, name, dtype, scale, tensors):
        state = model(dtype)
        quantized = quantize(name, state, scale=scale, tensors=tensors)
        assert quantized.quantizer == name
        assert all(level.dtype == np.int32 for level in quantized.levels.values())
        assert {k: (v.shape, v.dtype) for k, v in quantized.state().items()} == {
            k: (v.shape, v.dtype) for k, v in state.items()
        }

    def test_zeros_stay_zeros_and_signs_are_kept(self, name):
        state = model()
        for key, value in quantize(name, state, tensors="all").state().items():
            assert (value[state[key] == 0] == 0).all()
            assert (np.sign(value.astype(float)) * np.sign(state[key].astype(float)) >= 0).all()

    def test_integers_and_bools_are_exact(self, name):
        quantized = quantize(name, model())
        assert quantized.maps["norm.batches"] is None
        assert quantized.state()["norm.batches"] == 7
        assert quantized.state()["norm.mask"].tolist() == [True, False]

    def test_vectors_have_relative_precision(self, name):
        state = model() | {"norm.running_var": np.geomspace(1e-30, 1e30, 400, dtype=np.float32)}
        for mantissa in (0, 4, 9, 23):
            found = quantize(name, state, mantissa=mantissa, bias_mantissa=mantissa).state()
            for vector in ("fc.bias", "norm.running_var"):
                error = np.abs(found[vector].astype(np.float64) - state[vector])
                assert (error <= np.abs(state[vector]) * 2.0 ** -(mantissa + 1)).all()

    def test_biases_of_matrices_have_a_precision_of_their_own(self, name):
        maps = quantize(name, model() | {"norm.bias": np.ones(3, np.float32)}, mantissa=7, bias_mantissa=3).maps
        assert (maps["fc.bias"].mantissa, maps["norm.bias"].mantissa) == (3, 7)

    def test_every_weight_is_within_one_step_of_its_value(self, name):
        state = model("float64")
        quantized = quantize(name, state, **by_distance(name, step_rel=0.3))
        for key in ("conv.weight", "fc.weight"):
            step = quantized.maps[key].step
            assert step == np.float32(step)
            assert np.abs(quantized.state()[key] - state[key]).max() <= step

    def test_a_finer_step_means_less_distortion(self, name):
        found = [distortion(name, model(), step_rel=step) for step in (2.0, 1.0, 0.5, 0.25, 0.125)]
        assert found == sorted(found, reverse=True)

    def test_medians_never_distort_more_than_lower_ends(self, name):
        for step in (0.2, 0.7, 2.0):
            assert distortion(name, model(), step_rel=step) <= distortion(name, model(), step_rel=step, point="lower")

    def test_levels_survive_their_file(self, name, tmp_path):
        quantized = quantize(name, model())
        write_levels(tmp_path / "levels.safetensors", quantized)
        restored = read_levels(tmp_path / "levels.safetensors")
        for key, value in quantized.state().items():
            np.testing.assert_array_equal(restored.state()[key], value)
        assert (restored.maps, restored.passes) == (quantized.maps, quantized.passes)
        assert restored.embedded == quantized.embedded

    @pytest.mark.parametrize("key", ["fc.weight", "fc.bias"])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_a_weight_that_is_not_finite_is_refused_naming_tensor_and_place(self, name, key, bad):
        state = model()
        state[key].reshape(-1)[3] = bad
        with pytest.raises(WeightsError, match=f"'{key}' holds .* at"):
            quantize(name, state)

    @pytest.mark.parametrize(
        "integer", [np.array([2**31]), np.array(-(2**31) - 1), np.array([2**64 - 1], dtype="uint64")]
    )
    def test_integers_beyond_32_bits_keep_their_type(self, name, integer):
        value = quantize(name, {"count": integer}).state()["count"]
        assert (value.dtype, value.tolist()) == (integer.dtype, integer.tolist())

    def test_a_dtype_that_is_no_number_line_is_refused(self, name):
        with pytest.raises(WeightsError, match="'z' has dtype complex64; allowed"):
            quantize(name, {"z": np.zeros(3, dtype=np.complex64)})

    @pytest.mark.parametrize("setting", [{"step_rel": 0}, {"step_rel": -1}, {"mantissa": 24}, {"scale": "row"}])
    def test_a_setting_out_of_range_is_refused_with_its_key(self, name, setting):
        with pytest.raises(ParameterError, match=rf"quantizers\.{next(iter(setting))}: "):
            quantize(name, model(), **setting)

    def test_a_step_too_small_for_32_bits_is_refused_naming_the_rule(self, name):
        with pytest.raises(ParameterError, match=r"step_rel: tensor .* allowed: below"):
            quantize(name, model(), step_rel=1e-12)

    @pytest.mark.parametrize("shape", [(2, 2), (4,)])
    def test_magnitudes_beyond_float32_are_refused_naming_the_tensor(self, name, shape):
        with pytest.raises(WeightsError, match=r"'w' holds the magnitude 1e\+300; allowed: up to 3\.4e\+38"):
            quantize(name, {"w": np.full(shape, 1e300)})

    @pytest.mark.parametrize("shape", [(2, 2), (4,)])
    @pytest.mark.parametrize("magnitude", [1e-300, 1e-45, 1e-38, 1e-30, 3e38])
    def test_magnitudes_near_the_ends_of_float32_are_within_a_smallest_step(self, name, shape, magnitude):
        value = quantize(name, {"w": np.full(shape, magnitude)}, **by_distance(name)).state()["w"]
        np.testing.assert_allclose(value, magnitude, rtol=2.0**-5, atol=np.finfo(np.float32).tiny)

    @pytest.mark.parametrize("state", [{}, {"w": np.zeros((0, 3))}, {"b": np.zeros(0)}, {"w": np.zeros((2, 2))}])
    def test_empty_and_zero_models_are_exact(self, name, state):
        for key, value in quantize(name, state).state().items():
            np.testing.assert_array_equal(value, state[key])

    def test_a_single_weight_and_constant_magnitudes_are_nearly_exact(self, name):
        for tensor in (np.array([[-3.0]]), np.full((4, 5), 0.7), np.array(2.0)):
            value = quantize(name, {"w": tensor}, **by_distance(name, tensors="all"))
            np.testing.assert_allclose(value.state()["w"], tensor, rtol=0.01)

    @given(
        tensor=arrays.arrays(
            np.float32,
            arrays.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=6),
            elements=st.floats(-1e6, 1e6, width=32).map(lambda x: x if abs(x) > 1e-3 else 0.0),
        ),
        step=st.floats(0.01, 3),
    )
    @settings(deadline=None, max_examples=50)
    def test_any_tensor_comes_back_within_a_step(self, name, tensor, step):
        quantized = quantize(name, {"w": tensor}, **by_distance(name, step_rel=step, tensors="all"))
        error = np.abs(quantized.maps["w"].values(quantized.levels["w"]) - tensor)
        assert error.max(initial=0) <= quantized.maps["w"].step * (1 + 1e-9)


@pytest.mark.parametrize("name", CALIBRATED)
class TestEveryCalibratedQuantizer:
    def quantize(self, name, network=None, **settings):
        network = network or tiny()
        module = registry.load("quantizers", name)
        return module.quantize(get_state(network), parameters_of(name, **settings), calibration(network))

    def test_names_shapes_and_dtypes_survive(self, name):
        state = get_state(tiny())
        quantized = self.quantize(name)
        assert quantized.quantizer == name
        assert all(level.dtype == np.int32 for level in quantized.levels.values())
        assert {k: (v.shape, v.dtype) for k, v in quantized.state().items()} == {
            k: (v.shape, v.dtype) for k, v in state.items()
        }

    def test_zeros_of_weights_stay_zeros(self, name):
        network = tiny(sparse=True)
        found = self.quantize(name, network).state()
        for key, tensor in get_state(network).items():
            if tensor.ndim > 1:
                assert (found[key][tensor == 0] == 0).all()
                assert found[key].any()

    def test_the_same_images_give_the_same_levels(self, name):
        first, second = self.quantize(name), self.quantize(name)
        assert first.maps == second.maps
        for key, level in first.levels.items():
            np.testing.assert_array_equal(level, second.levels[key])

    def test_levels_survive_file_and_coder(self, name, tmp_path):
        quantized = self.quantize(name)
        write_levels(tmp_path / "levels.safetensors", quantized)
        restored = read_levels(tmp_path / "levels.safetensors")
        decoded = codec.open(codec.encode(quantized)).state()
        for key, value in quantized.state().items():
            np.testing.assert_array_equal(restored.state()[key], value)
            np.testing.assert_array_equal(decoded[key], value)

    def test_an_all_zero_network_stays_one(self, name):
        network = tiny()
        for parameter in network.parameters():
            parameter.data.zero_()
        found = self.quantize(name, network).state()
        assert not any(found[key].any() for key, _ in network.named_parameters())

    def test_a_weight_that_is_not_finite_is_refused_naming_it(self, name):
        network = tiny()
        network[0].weight.data[1, 0, 0, 0] = np.nan
        with pytest.raises(WeightsError, match=r"'0.weight' holds nan at \(1, 0, 0, 0\)"):
            self.quantize(name, network)

    def test_without_calibration_it_says_what_is_missing(self, name):
        with pytest.raises(ParameterError, match=rf"quantizers\.{name}: .* needs a calibration"):
            quantize(name, model())
