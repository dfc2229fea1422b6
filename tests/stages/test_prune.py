"""`surp prune`: one target, importance only with what it is measured on, and what stands in the record."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from command_line import surp
from surp.errors import ParameterError
from surp.files import read_json
from surp.models import build, get_state
from surp.tensors.safetensors_file import read_state, write_state


def surp_without_torch(*arguments):
    program = "import sys; sys.modules['torch'] = None; from surp.cli import main; main()"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def mistake(run):
    assert run.returncode == 1, run.stderr
    assert len(run.stderr.splitlines()) == 1
    return run.stderr


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    write_state(path, get_state(build("lenet300_100", 4, (1, 28, 28))))
    return path


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        ([], "none"),
        (["--sparsity", "0.5", "--rate", "1"], "--sparsity 0.5, --rate 1.0"),
        (["--rate", "1", "--distortion", "0.5"], "--rate 1.0, --distortion 0.5"),
    ],
)
def test_exactly_one_target_is_asked_for(weights, tmp_path, arguments, got):
    said = mistake(surp("prune", weights, *arguments, "-o", tmp_path / "o"))
    assert f"exactly one of --sparsity, --rate, --distortion (got {got})" in said
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [([], "--train and --model"), (["--model", "lenet300_100"], "--train"), (["--train", "t"], "--model")],
)
def test_importance_asks_for_what_it_is_measured_on(weights, tmp_path, arguments, missing):
    settings = ["--sparsity", "0.5", "--set", "importance=fisher", "-o", tmp_path / "o"]
    said = mistake(surp("prune", weights, *settings, *arguments))
    assert f"methods.surp.importance: 'fisher' is measured on training images and needs {missing};" in said


@pytest.mark.parametrize(
    ("arguments", "target"), [(["--rate", "0.5"], "rate 0.5"), (["--distortion", "0.6"], "distortion 0.6")]
)
def test_a_rate_or_distortion_stands_in_the_record_and_needs_no_torch(weights, tmp_path, arguments, target):
    written = ["--metrics", tmp_path / "m.json", "-o", tmp_path / "o.safetensors"]
    run = surp_without_torch("prune", weights, *arguments, *written)
    assert run.returncode == 0, run.stderr
    record = read_json(tmp_path / "m.json")
    assert (record["target"], record["target_sparsity"], record["importance"]) == (target, None, "none")
    kept = sum(np.count_nonzero(tensor) for tensor in read_state(tmp_path / "o.safetensors")[0].values())
    assert 0 < kept < 266_004


def test_importance_changes_the_survivors_and_stands_in_the_record(weights, splits, tmp_path):
    chosen = {}
    for kind in ("none", "input"):
        looking = ["--train", splits[0], "--model", "lenet300_100", "--validation", "100", "--device", "cpu"]
        calibration = [] if kind == "none" else ["--set", "calibration=50", *looking]
        settings = ["--set", f"importance={kind}", "--metrics", tmp_path / "m.json"]
        output = tmp_path / f"{kind}.safetensors"
        run = surp("prune", weights, "--sparsity", "0.9", *settings, *calibration, "-o", output)
        assert run.returncode == 0, run.stderr
        assert read_json(tmp_path / "m.json")["importance"] == kind
        chosen[kind] = np.concatenate([t.ravel() != 0 for _, t in sorted(read_state(output)[0].items())])
    assert chosen["none"].sum() == chosen["input"].sum()
    assert (chosen["none"] != chosen["input"]).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "lenet300_100"], "--model: surp measures no importance, so it looks at no images"),
        (["--tag", "suite=a"], "--tag: a column of the record, which only --metrics writes"),
        (["--method", "rigl"], r"--method rigl: trains sparse networks from scratch \(`surp train-sparse`\)"),
    ],
)
def test_what_nothing_would_read_is_refused(weights, tmp_path, arguments, message):
    from surp.cli import app

    with pytest.raises(ParameterError, match=message):
        app(["prune", str(weights), "--sparsity", "0.5", *arguments, "-o", str(tmp_path / "o")], standalone_mode=False)
    assert not (tmp_path / "o").exists()


def test_a_rate_without_meaning_names_what_has_one(weights, tmp_path):
    run = surp("prune", weights, "--method", "global_magnitude", "--rate", "1", "-o", tmp_path / "o")
    assert "rate: has no meaning for 'global_magnitude'; allowed: sparsity, distortion" in mistake(run)
