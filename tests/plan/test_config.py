"""`params.yaml` is checked whole before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from surp.errors import ParameterError
from surp.plan.config import read_config, read_yaml

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def params():
    return read_yaml(PARAMS)


def test_the_parameters_of_the_project_are_valid_for_every_suite(params):
    for suite in params["suites"]:
        config = read_config({**params, "suite": suite})
        assert config.name == suite
        assert set(config.methods) == set(config.suite.methods)


def test_a_name_without_an_entry_means_the_file_of_that_name(params):
    params["suites"] = {"quick": params["suites"]["quick"]}
    params["methods"] = {}
    assert read_config(params).methods["surp"].kind == "surp"


def test_one_method_can_stand_twice_with_two_settings(params):
    params["methods"]["surp_13"] = {"kind": "surp", "alpha": 13}
    params["suites"]["quick"]["methods"] = ["surp", "surp_13"]
    methods = read_config(params).methods
    assert (methods["surp"].parameters.alpha, methods["surp_13"].parameters.alpha) == (10, 13)


def test_importance_is_a_setting_of_any_method(params):
    params["suites"]["quick"]["methods"] = ["surp", "surp_fisher", "global_magnitude_input"]
    methods = read_config(params).methods
    assert [method.parameters.importance for method in methods.values()] == ["none", "fisher", "input"]


@pytest.mark.parametrize(
    ("schedule", "methods", "message"),
    [
        ({"rates": [1.0]}, ["surp", "global_magnitude"], r"methods\[1\]: 'global_magnitude' cannot .* rate.*'x'"),
        ({"rates": [1.0]}, ["surp_input"], r"methods\[0\]: 'surp_input' cannot stop at a rate.*sparsity, distortion"),
        ({"rates": [1.0]}, ["surp"], None),
        ({"distortions": [0.5]}, ["surp_fisher", "global_magnitude"], None),
    ],
)
def test_a_target_that_a_method_cannot_stop_at_is_refused_before_anything_runs(params, schedule, methods, message):
    params["schedules"]["x"] = schedule
    params["suites"]["quick"] |= {"methods": methods, "schedules": ["x"]}
    if message is None:
        assert read_config(params).schedules["x"].stop in ("rate", "distortion")
        return
    with pytest.raises(ParameterError, match=message):
        read_config(params)


@pytest.mark.parametrize(
    ("axis", "value", "message"),
    [
        ("suite", "nope", r"suite: unknown suite 'nope'; allowed: .*quick"),
        ("datasets", ["emnist"], r"suites\.quick\.datasets\[0\]: unknown data set 'emnist'; allowed: .*fashion_mnist"),
        ("models", ["lenet"], r"suites\.quick\.models\[0\]: unknown model 'lenet'; allowed: .*lenet300_100"),
        ("methods", ["surp", "lmap"], r"suites\.quick\.methods\[1\]: unknown pruning method 'lmap'; allowed: .*surp"),
        ("quantizers", ["q"], r"suites\.quick\.quantizers\[0\]: unknown quantizer 'q'; allowed: .*successive.*uniform"),
        ("coders", ["zip"], r"suites\.quick\.coders\[0\]: unknown coder 'zip'; allowed: .*adaptive"),
        ("schedules", ["x"], r"suites\.quick\.schedules\[0\]: unknown schedule 'x'; allowed: .*iterative"),
        ("recipe", "x", r"suites\.quick\.recipe: unknown recipe 'x'; allowed: lenet"),
        ("finetune", "x", r"suites\.quick\.finetune: unknown fine-tuning 'x'; allowed: .*brief"),
        ("seeds", [0, -1], r"suites\.quick\.seeds\[1\]: must be 0 or more \(got -1\)"),
        ("seeds", [1, 1], r"suites\.quick\.seeds: a value stands twice"),
        ("seeds", [], r"suites\.quick\.seeds: Tuple should have at least 1 item"),
        ("sedes", [1], r"suites\.quick\.sedes: unknown key"),
    ],
)
def test_a_wrong_choice_is_answered_with_its_place_and_what_is_allowed(params, axis, value, message):
    if axis == "suite":
        params["suite"] = value
    else:
        params["suites"]["quick"][axis] = value
    with pytest.raises(ParameterError, match=message):
        read_config(params)


@pytest.mark.parametrize(
    ("section", "name", "entry", "message"),
    [
        ("methods", "surp", {"alpha": -1}, r"methods\.surp\.alpha: .*greater than 0 \(got -1\)"),
        ("methods", "surp", {"aplha": 10}, r"methods\.surp\.aplha: unknown key; known here: .*alpha"),
        ("methods", "other", {"kind": "none"}, r"methods\.other: unknown pruning method 'none'; allowed:"),
        ("recipes", "lenet", {"epochs": -2}, r"recipes\.lenet\.epochs: .*greater than or equal to 0 \(got -2\)"),
        ("recipes", "lenet", {"learning_rate": "fast"}, r"recipes\.lenet\.learning_rate: .*\(got 'fast'\)"),
        ("recipes", "lenet", {"learning_rate": float("nan")}, r"recipes\.lenet\.learning_rate: .*finite"),
        ("schedules", "iterative", {"kind": "iterative", "sparsities": [0.9, 0.8]}, r"schedules\.iterative"),
        ("schedules", "iterative", {"kind": "iterative", "sparsities": [1.2]}, r"schedules\.iterative.*1\.2"),
        ("datasets", "mine", {"kind": "image_folder"}, r"datasets\.mine\.path: required"),
        ("data", "validation", 0, r"data\.validation: .*greater than or equal to 1 \(got 0\)"),
    ],
)
def test_a_bad_value_is_answered_with_its_key_and_the_rule(params, section, name, entry, message):
    params[section][name] = entry
    with pytest.raises(ParameterError, match=message):
        read_config(params)


def test_a_file_that_is_missing_or_no_yaml_is_named(tmp_path):
    with pytest.raises(ParameterError, match="no such file"):
        read_yaml(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [1, 2")
    with pytest.raises(ParameterError, match=r"params\.yaml: not valid YAML: .*line"):
        read_yaml(tmp_path / "params.yaml")


CROSS = {"seeds": [1], "sparsities": [0.9], "files": {"uniform": ["adaptive"], "successive": ["adaptive"]}}


def test_what_is_crossed_is_made_for_its_seeds_and_sparsities_only(params):
    params["suites"]["quick"] |= {"quantizers": ["uniform"], "cross": CROSS}
    suite = read_config(params).suite
    assert suite.files(0, 0.9) == suite.files(1, 0.95) == (("uniform", "adaptive"),)
    assert suite.files(1, 0.9) == (("uniform", "adaptive"), ("successive", "adaptive"))
    assert set(read_config(params).quantizers) == {"uniform", "successive"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": [7]}, r"suites\.quick\.cross\.seeds: \[7\] not in the suite; allowed: \[0, 1, 2\]"),
        ({"sparsities": [0.5]}, r"cross\.sparsities: \[0\.5\] not in the suite; allowed: \[0\.8, 0\.9"),
        ({"files": {"q": ["adaptive"]}}, r"cross\.files: unknown quantizer 'q'"),
        ({"files": {"uniform": ["zip"]}}, r"cross\.files: unknown coder 'zip'"),
    ],
)
def test_a_cross_of_what_is_not_there_is_refused(params, change, message):
    params["suites"]["quick"]["cross"] = CROSS | change
    with pytest.raises(ParameterError, match=message):
        read_config(params)


def test_a_model_may_have_fewer_seeds(params):
    params["suites"]["quick"] |= {"models": ["lenet300_100", "lenet5_caffe"], "model_seeds": {"lenet5_caffe": [1]}}
    networks = read_config(params).suite.networks()
    assert [(model, seed) for _, model, seed in networks] == [
        *(("lenet300_100", seed) for seed in (0, 1, 2)),
        ("lenet5_caffe", 1),
    ]


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({"lenet300_100": []}, r"model_seeds\.lenet300_100: .*at least 1 item"),
        ({"lenet300_100": [1, 1]}, r"model_seeds\.lenet300_100: a value stands twice"),
        ({"lenet5_caffe": [0]}, r"model_seeds: unknown model 'lenet5_caffe'; allowed: lenet300_100"),
        ({"lenet300_100": [9]}, r"model_seeds\.lenet300_100: \[9\] not in .*seeds \[0, 1, 2\]"),
    ],
)
def test_seeds_of_a_model_are_some_of_the_suite(params, seeds, message):
    params["suites"]["quick"]["model_seeds"] = seeds
    with pytest.raises(ParameterError, match=message):
        read_config(params)


COARSE = {"kind": "nncodec", "qp": -26}
FISHER = {"kind": "surp", "importance": "fisher", "calibration": 60_000}
LAST = {"kind": "successive", "scale": "norm", "last": 0.1, "step_rel": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {"validation": 60_000}}, r"data\.validation: .* 1 to 59999, .* of datasets\.fashion_mnist \(got 60"),
        ({"data": {"validation": 59_000}, "methods": {"obd": {"calibration": 1001}}}, "obd.calibration: .* 1 to 1000"),
        ({"methods": {"x": FISHER}}, r"methods\.x\.calibration: must be from 1 to 55000"),
        ({"quantizers": {"q": {"kind": "hessian", "calibration": 55_001}}}, r"quantizers\.q\.calibration: .* to 55000"),
        ({"methods": {"x": {"kind": "gradual", "every": 6451}}}, r"methods\.x\.every: 6451 steps, but only 6450 of "),
        ({"models": ["resnet20"]}, r"models\[0\]: 'resnet20' takes .*\(3, 32, 32\), .*fashion_mnist has \(1, 28"),
        ({"datasets": {"d": {"kind": "image_folder", "path": "p", "size": [28, 28]}}}, r"datasets\.d has \(3, 28"),
        ({"quantizers": {"int8": {}}, "coders": {"nncodec": {}}}, "'nncodec' quantizes floats.*'int8' has narrowed"),
        ({"coders": {"coarse": COARSE}}, r"coders\.coarse\.qp: is read of floats only.*'successive'"),
        ({"coders": {"coarse": COARSE}, "quantizers": {"float32": {}}}, None),
        ({"recipes": {"lenet": {"distillation": 0.5}}}, r"recipes\.lenet\.distillation: unknown key"),
        ({"recipes": {"lenet": {"momentum": 0, "nesterov": True}}}, "nesterov is not read with momentum 0"),
        ({"finetune": {"brief": {"temperature": 2}}}, r"finetune\.brief: temperature is not read with distillation 0"),
        ({"quantizers": {"q": LAST}}, "step_rel is not read with last 0.1"),
        ({"quantizers": {"q": {"kind": "codebook", "epochs": 0, "calibration": 1}}}, "calibration is not read with ep"),
        ({"methods": {"lamp": {"kind": "surp"}}}, r"lamp\.kind: 'lamp' is a pruning method itself \(got 'surp'\)"),
        ({"methods": {"a/b": {"kind": "surp"}}}, r"methods\.a/b: 'a/b' becomes a folder; allowed: letters, digits"),
        ({"schedules": {"": {"sparsities": [0.9]}}}, r"schedules\.: '' becomes a folder"),
        ({"suite": "dense"}, r"suites\.dense: results/dense is no suite's"),
        ({"suite": "a b"}, r"suites\.a b: 'a b' becomes a folder"),
    ],
)
def test_what_would_fail_or_be_ignored_in_a_job_is_refused_before_any_runs(params, change, message):
    """Entries of sections are used by the suite; `snakemake -n` reads this very configuration."""
    suite = params["suites"]["quick"]
    for key, value in change.items():
        if key == "models":
            suite["models"] = value
        elif key == "suite":
            params["suites"][value] = suite
        else:
            params.setdefault(key, {}).update(value)
            if key in suite and key != "schedules" and not isinstance(suite[key], str):
                suite[key] = list(value)
    if message is None:
        assert read_config(params).coders["coarse"].parameters.qp == -26
        return
    with pytest.raises(ParameterError, match=message):
        read_config(params)
