"""Tensors that rules rebuild from components; fields of the header that only some files have; trellises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from make_golden import base, described, forms, linked, rows, sparse, uniform

from surp import codec
from surp.codec import accept
from surp.codec.frame import container, fields, wire
from surp.codec.frame.container import FileBytes, open_header
from surp.codec.frame.fields import read_fields, write_fields
from surp.errors import CorruptFileError, ParameterError, UnknownNameError, UnsupportedFileError
from surp.tensors.forms import Form, state_digest
from surp.tensors.levels import Quantized, as_they_are
from surp.tensors.maps import LevelMap
from surp.tensors.rules import difference, removed_units
from surp.tensors.trellis import NEXT, ODD, quantizers


def same(found, wanted):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
        assert found[name].tobytes() == value.tobytes()


def test_every_rule_comes_back_and_the_file_has_no_name_but_the_tensors(coder):
    data = codec.encode(forms(), base=base(), coder=coder)
    same(codec.open(data).state(base()), forms().state(base()))
    assert codec.open(data).names == ("changed", "eight", "embed.weight", "four", "head.weight", "narrow")
    found = codec.decode(data)
    assert {name: (form.rule, form.parameters) for name, form in found.forms.items()} == {
        name: (form.rule, form.parameters) for name, form in forms().forms.items()
    }


def test_a_shared_component_is_stored_once():
    levels = {"w": sparse((60, 50), 1, 2, 9)}
    once = Quantized(levels, {"w": LevelMap(0.5)}, {"w": "float32"}, "uniform")
    tied = replace(once, forms={name: Form("shared", (60, 50), "float32", ("w",)) for name in ("embed", "head")})
    assert len(codec.encode(tied)) < len(codec.encode(once)) + 40
    state = codec.open(codec.encode(tied)).state()
    same(state, dict.fromkeys(("embed", "head"), once.state()["w"]))


def test_int8_rows_have_scales_and_no_tensor_of_such_a_name():
    file = codec.open(codec.encode(rows()))
    assert file.names == ("conv.weight", "fc.bias", "fc.weight", "hollow", "vector", "vector.scales")
    assert file.tensor("vector").dtype == np.float32
    assert file.tensor("vector.scales").dtype == np.int8


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.sampled_from([0, 0, 1.5]))
)
def test_removed_units_come_back_as_zeros(tensor):
    axes = tuple(range(tensor.ndim))
    narrow, *alive = removed_units.components(tensor, axes)
    assert narrow.size <= tensor.size
    names = ("narrow", *(f"alive {axis}" for axis in axes))
    arrays = as_they_are(dict(zip(names, (narrow, *alive), strict=True)), "")
    model = replace(arrays, forms={"w": Form("removed_units", tensor.shape, "float32", names, axes)})
    same(codec.open(codec.encode(model)).state(), {"w": tensor})


def test_removed_channels_cost_next_to_nothing():
    tensor = sparse((64, 32, 3, 3), 1, 1, 50) * np.float32(0.01)
    tensor[8:] = 0
    narrow, alive = removed_units.components(tensor.astype(np.float32), (0,))
    few = as_they_are({"narrow": narrow, "alive": alive})
    few = replace(few, forms={"w": Form("removed_units", tensor.shape, "float32", ("narrow", "alive"), (0,))})
    assert len(codec.encode(few)) < len(codec.encode(as_they_are({"narrow": narrow}))) + 60


def test_a_difference_needs_the_base_that_the_file_names():
    old = {"w": np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32)}
    changed = old["w"].astype(np.float64) + sparse((30, 40), 5, 20, 3) * 0.5
    new = {"w": changed.astype(np.float32)}
    (change,) = difference.components(new["w"], old["w"])
    told = replace(as_they_are({"change": change}), forms={"w": Form("difference", (30, 40), "float32", ("change",))})
    data = codec.encode(told, base=old)
    assert np.allclose(codec.open(data).state(old)["w"], new["w"], rtol=1e-6)
    same({"w": codec.open(data).tensor("w", old)}, told.state(old))
    assert len(data) < len(codec.encode(as_they_are(new))) / 4
    meant = state_digest(old).hex()
    assert codec.describe(codec.open(data))["base"] == meant
    for ask in (lambda file, given: file.state(given), lambda file, given: file.tensor("w", given)):
        with pytest.raises(ParameterError, match=f"needs the base model with the SHA-256 {meant}"):
            ask(codec.open(data), None)
        with pytest.raises(
            ParameterError, match=f"its SHA-256 is {state_digest(new).hex()}; this file is told against {meant}"
        ):
            ask(codec.open(data), new)
    with pytest.raises(ParameterError, match=r"a base model that has all of .* is needed"):
        codec.encode(told)


def test_the_name_of_a_base_depends_on_names_types_shapes_and_values_only():
    one = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros(2, np.int64)}
    foreign = {name: np.asfortranarray(value).astype(value.dtype.newbyteorder(">")) for name, value in one.items()}
    other = dict(reversed(foreign.items()))
    assert state_digest(one) == state_digest(other)
    changed = [{**one, "a": one["a"].T}, {**one, "a": one["a"].astype(np.float64)}, {**one, "a": one["a"] + 1}]
    changed += [{"a": one["a"]}, {"aa": one["a"], "b": one["b"]}]
    assert len({state_digest(state) for state in (one, *changed)}) == 6


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (Form("scaled_rows", (3, 4), "float32", ("units", "rows")), "integers of shape"),
        (Form("removed_units", (5, 4), "float32", ("units", "rows"), (0,)), "units of axis 0"),
        (Form("removed_units", (3, 4), "float32", ("units", "rows"), (0,)), "a narrow tensor of shape"),
        (Form("removed_units", (3, 4), "float32", ("units", "rows"), (7,)), "for the axes"),
        (Form("removed_units", (3, 4), "float32", ("units",), (0,)), "for the axes"),
        (Form("shared", (9,), "float32", ("units",)), "an array of shape"),
        (Form("shared", (2, 3), "float32", ("units", "rows")), "too many values"),
        (Form("shared", (2, 3), "float32", ()), "not enough values"),
    ],
)
def test_components_that_do_not_fit_their_rule_are_damage(form, message, monkeypatch):
    model = replace(forms(), forms={**forms().forms, "narrow": form})
    with pytest.raises(ParameterError, match=message):
        codec.encode(model, base=base())
    monkeypatch.setattr(accept, "_check_forms", lambda *_: None)
    file = codec.open(codec.encode(model, base=base()))
    with pytest.raises(CorruptFileError, match=message):
        file.state(base())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"forms": {"w": Form("shared", (3,), "float32", ("none",))}}, "its components .'none'. are not there"),
        (
            {"forms": {"fc1.bias": Form("shared", (3,), "float32", ("fc1.weight",))}},
            "are arrays and have forms besides",
        ),
        ({"forms": {"w": Form("shared", (3,), "complex64", ("fc1.weight",))}}, "dtype complex64; allowed"),
        ({"forms": {"w\0": Form("shared", (3,), "float32", ("fc1.weight",))}}, "zero byte"),
    ],
)
def test_forms_that_cannot_be_written_are_named(changed, message):
    with pytest.raises(ParameterError, match=message):
        codec.encode(replace(uniform(), **changed))
    with pytest.raises(UnknownNameError, match=r"unknown rule 'sahred'; allowed: .*shared"):
        codec.encode(replace(uniform(), forms={"w": Form("sahred", (3,), "float32", ("fc1.weight",))}))


def test_rebuilt_tensors_count_as_elements_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(accept, "_check_forms", lambda *_: None)
    monkeypatch.setattr(container, "_padding", lambda *_: 0)
    arrays = as_they_are({"narrow": np.zeros((0, 4), np.float32), "rows": np.zeros(3, bool)})
    huge = replace(arrays, forms={"w": Form("removed_units", (1 << 30, 4), "float32", ("narrow", "rows"), (0,))})
    with pytest.raises(CorruptFileError, match="elements declared"):
        codec.open(codec.encode(huge))


def with_fields(data, *found, monkeypatch):
    """The same header with other extension fields: number and values."""

    def write(out, header):
        out.number("fields", len(found))
        for number, values in found:
            out.number("field", number)
            out.number("values", len(values))
            for value in values:
                out.wide(("field", number), value)

    header, *_ = open_header(FileBytes(data))
    with monkeypatch.context() as patched:
        patched.setattr(fields, "_write_extensions", write)
        return write_fields(header)


def test_a_field_that_is_not_known_is_passed_over_if_even_and_refused_if_odd(monkeypatch):
    data = codec.encode(uniform())
    header, *_ = open_header(FileBytes(data))
    assert read_fields(with_fields(data, (2, (5, 6)), (40, ()), monkeypatch=monkeypatch)) == header
    with pytest.raises(UnsupportedFileError, match="field 7 of the header, which this program does not know"):
        read_fields(with_fields(data, (2, ()), (7, (1,)), monkeypatch=monkeypatch))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([(wire.BASE, (1, 2))], "a base named by 2 values"),
        ([(wire.BASE, (256,) * 32)], "no SHA-256"),
        ([(4, ()), (2, ())], "field 2 after field 4"),
        ([(2, ()), (2, ())], "field 2 after field 2"),
    ],
)
def test_fields_that_make_no_sense_are_refused(found, message, monkeypatch):
    with pytest.raises(CorruptFileError, match=message):
        read_fields(with_fields(codec.encode(uniform()), *found, monkeypatch=monkeypatch))


def test_a_rule_that_is_not_known_is_an_error_that_names_it(monkeypatch):
    header, *_ = open_header(FileBytes(codec.encode(rows())))
    other = {name: replace(form, rule="tucker") for name, form in header.forms.items()}
    with pytest.raises(UnsupportedFileError, match="the rule 'tucker', which this program does not know"):
        read_fields(write_fields(replace(header, forms=other)))


def states_one_by_one(levels, states):
    state, result = 0, []
    for level in levels.reshape(-1).tolist():
        result.append(ODD[states][state])
        state = NEXT[states][state][level % 2]
    return np.array(result).reshape(levels.shape)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.int32, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)), st.sampled_from([4, 8]))
def test_the_states_of_a_trellis_are_those_of_one_level_after_the_other(levels, states):
    assert np.array_equal(quantizers(levels, states), states_one_by_one(levels, states))


@pytest.mark.parametrize("states", [4, 8])
def test_a_trellis_reaches_every_state_from_every_state_and_both_quantizers_hold_zero(states):
    reached = {0}
    for _ in range(states):
        reached |= {after for state in reached for after in NEXT[states][state]}
    assert reached == set(range(states))
    assert sorted(after for pair in NEXT[states] for after in pair) == sorted([*range(states)] * 2)
    values = LevelMap(0.5, states=states).values(np.zeros(9, np.int32))
    assert not values.any()


@pytest.mark.parametrize("states", [4, 8])
def test_levels_of_a_trellis_come_back_with_their_values(states, coder):
    level_map = LevelMap(0.125, offsets=(3, -2), states=states)
    model = Quantized({"w": sparse((30, 20), 3, 2, 9)}, {"w": level_map}, {"w": "float32"}, "trellis")
    found = codec.decode(codec.encode(model, coder=coder))
    assert found.maps["w"] == level_map
    same(found.state(), model.state())
    assert not np.array_equal(model.state()["w"], replace(model, maps={"w": replace(level_map, states=0)}).state()["w"])


@pytest.mark.parametrize("level_map", [LevelMap(1.0, states=5), LevelMap(1.0, 200, states=4), LevelMap(1.0, states=16)])
def test_a_trellis_that_is_none_is_refused(level_map):
    with pytest.raises(ParameterError, match="allowed: 4 or 8 states, ratio 128"):
        codec.encode(Quantized({"w": linked()["fc1.weight"]}, {"w": level_map}, {"w": "float32"}, ""))


def test_a_trellis_in_passes_is_refused():
    wanted = described({"w": linked()["fc1.weight"]}, passes=4)
    with pytest.raises(ParameterError, match="in passes; allowed"):
        codec.encode(replace(wanted, maps={"w": LevelMap(1.0, states=4)}))
