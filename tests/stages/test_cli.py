"""The command line: light, helpful, and one clear line for every mistake."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from command_line import surp
from surp import registry
from surp.tensors.safetensors_file import read_state, write_state

NAMES = [name.replace("_", "-") for name in registry.names("stages")]


def refused(*arguments, message):
    run = surp(*arguments)
    assert run.returncode == 1
    assert re.search(message, run.stderr.removeprefix("surp: error: ")), run.stderr


@pytest.fixture
def weights(tmp_path):
    rng = np.random.default_rng(0)
    state = {
        "fc.weight": rng.laplace(0, 0.1, (30, 20)).astype(np.float32),
        "fc.bias": rng.normal(0, 1, 30).astype(np.float32),
        "norm.steps": np.array(12, np.int64),
    }
    write_state(tmp_path / "w.safetensors", state)
    return tmp_path / "w.safetensors"


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_every_stage_shows_an_example(name):
    shown = surp(name, "--help")
    assert shown.returncode == 0
    assert f"surp {name}" in shown.stdout.partition("Example")[2]


def test_the_program_prints_help_and_one_line_for_a_mistake():
    """By the command itself; the other tests call what it calls."""
    command = [sys.executable, "-m", "surp"]
    shown = subprocess.run([*command, "--help"], text=True, capture_output=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert all(name in shown.stdout for name in NAMES)
    wrong = subprocess.run([*command, "info", "none.surp"], text=True, capture_output=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "surp: error: none.surp: no such file\n"


def test_help_loads_nothing_heavy():
    program = (
        "import sys, surp.cli\n"
        "heavy = {'torch', 'numba', 'numpy', 'pandas', 'pydantic', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_from_weights_to_a_file_and_back_without_torch(weights, tmp_path):
    blocked = "import sys; sys.modules['torch'] = None; from surp.cli import main; main()"
    for arguments in (
        ["prune", weights, "--sparsity", "0.9", "--set", "tensors=matrices", "-o", tmp_path / "p.safetensors"],
        ["quantize", tmp_path / "p.safetensors", "-o", tmp_path / "l.safetensors"],
        ["encode", tmp_path / "l.safetensors", "-o", tmp_path / "m.surp"],
        ["decode", tmp_path / "m.surp", "-o", tmp_path / "d.safetensors"],
        ["info", tmp_path / "m.surp"],
    ):
        run = subprocess.run(
            [sys.executable, "-c", blocked, *map(str, arguments)], text=True, capture_output=True, check=False
        )
        assert run.returncode == 0, run.stderr
    before, _ = read_state(weights)
    after, _ = read_state(tmp_path / "d.safetensors")
    assert {name: (v.shape, v.dtype) for name, v in before.items()} == {
        name: (v.shape, v.dtype) for name, v in after.items()
    }
    assert np.count_nonzero(after["fc.weight"]) <= 60
    assert after["norm.steps"] == 12
    np.testing.assert_allclose(after["fc.bias"], before["fc.bias"], rtol=2.0**-5)


@pytest.mark.parametrize("sparsity", ["1", "1.2", "-1", "nan"])
def test_a_sparsity_out_of_range_is_one_clear_line(weights, tmp_path, sparsity):
    run = surp("prune", weights, "--sparsity", sparsity, "-o", tmp_path / "p.safetensors")
    assert run.returncode == 1
    assert run.stderr.startswith("surp: error: sparsity: must be at least 0 and below 1")
    assert len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "p.safetensors").exists()


def test_sparsity_zero_keeps_every_weight(weights, tmp_path):
    assert surp("prune", weights, "--sparsity", "0", "-o", tmp_path / "p.safetensors").returncode == 0
    before, after = read_state(weights)[0], read_state(tmp_path / "p.safetensors")[0]
    np.testing.assert_array_equal(before["fc.weight"], after["fc.weight"])


@pytest.mark.parametrize("command", ["prune", "quantize", "encode"])
def test_a_nan_in_the_weights_is_named_with_tensor_and_position(tmp_path, command):
    write_state(tmp_path / "nan.safetensors", {"fc.weight": np.array([[1, np.nan]], np.float32)})
    more = ["--sparsity", "0.5"] if command == "prune" else []
    run = surp(command, tmp_path / "nan.safetensors", *more, "-o", tmp_path / "out")
    assert run.returncode == 1
    assert "tensor 'fc.weight' holds nan at (0, 1)" in run.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["prune", "w.safetensors", "--sparsity", "0.9", "--method", "lmap", "-o", "o"],
            "unknown pruning method 'lmap'",
        ),
        (["quantize", "w.safetensors", "--quantizer", "q", "-o", "o"], "unknown quantizer 'q'; allowed: "),
        (["quantize", "w.safetensors", "--set", "nokey=1", "-o", "o"], "quantizers.successive.nokey: unknown key"),
        (["quantize", "w.safetensors", "--set", "nokey", "-o", "o"], "--set 'nokey': expected KEY=VALUE"),
        (["encode", "w.safetensors", "--coder", "zip", "-o", "o"], "unknown coder 'zip'; allowed: "),
        (["encode", "w.safetensors", "--preset", "best", "-o", "o"], "'best'"),
        (["decode", "none.surp", "-o", "o"], "none.surp: no such file"),
        (["decode", "a.surp", "b.surp", "-o", "o"], "2 files, but 1 times --output"),
        (["data", "emnist", "--train", "a", "--test", "b"], "unknown data set 'emnist'"),
        (["figures", "pie", "w.safetensors", "-o", "o.png"], "unknown figure 'pie'"),
        (["collect", "none.json", "-o", "o.csv"], "none.json: no such file"),
    ],
)
def test_a_mistake_is_one_line_that_names_what_and_what_is_allowed(weights, tmp_path, arguments, message):
    run = surp(*arguments, cwd=tmp_path)
    assert run.returncode == 1, run.stderr
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_a_damaged_file_is_one_line_with_file_block_and_offset(weights, tmp_path):
    assert surp("encode", weights, "-o", tmp_path / "m.surp").returncode == 0
    whole = (tmp_path / "m.surp").read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 16
    for name, content in (("empty", b""), ("short", whole[: len(whole) // 2]), ("flipped", bytes(flipped))):
        (tmp_path / f"{name}.surp").write_bytes(content)
        run = surp("decode", f"{name}.surp", "-o", "o.safetensors", cwd=tmp_path)
        assert run.returncode == 1
        assert run.stderr.startswith(f"surp: error: {name}.surp: ")
        assert len(run.stderr.splitlines()) == 1
        assert not (tmp_path / "o.safetensors").exists()


def test_an_output_folder_that_cannot_be_written_is_named(weights):
    run = surp("prune", weights, "--sparsity", "0.5", "-o", "/proc/none/p.safetensors")
    assert run.returncode == 1
    assert run.stderr.startswith("surp: error: ")
    assert "/proc/none" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_encode_to_a_size_cut_it_and_decode_what_is_left_of_it(weights, tmp_path):
    run = surp("encode", weights, "--bytes", "600", "-o", tmp_path / "m.surp")
    assert run.returncode == 0, run.stderr
    size = (tmp_path / "m.surp").stat().st_size
    assert size <= 600
    assert surp("truncate", tmp_path / "m.surp", "--bytes", size - 50, "-o", tmp_path / "c.surp").returncode == 0
    assert (tmp_path / "c.surp").stat().st_size <= size - 50
    assert '"cut": true' in surp("info", tmp_path / "c.surp", "--json").stdout
    (tmp_path / "short.surp").write_bytes((tmp_path / "m.surp").read_bytes()[: size - 5])
    assert surp("decode", tmp_path / "short.surp", "-o", tmp_path / "o.safetensors").returncode == 1
    run = surp("decode", tmp_path / "short.surp", "--partial", "-o", tmp_path / "o.safetensors")
    assert run.returncode == 0, run.stderr
    assert "passes are whole" in run.stderr


def test_options_that_exclude_each_other_and_levels_that_have_none_are_refused(weights, tmp_path):
    run = surp("encode", weights, "--bytes", "600", "--exact", "-o", tmp_path / "m.surp")
    assert "max_bytes and exact exclude each other" in run.stderr
    assert surp("quantize", weights, "-o", tmp_path / "l.safetensors").returncode == 0
    for options, named in (
        (["--bytes", "600"], "--bytes"),
        (["--sparsity", "0", "--exact"], "--sparsity, --exact"),
        (["--set", "step_rel=2", "--quantizer", "uniform"], "--quantizer, --set"),
        (["--bits-per-weight", "0", "--step-rel", "0"], "--bits-per-weight, --step-rel"),
    ):
        message = rf"^{named}: .*l\.safetensors holds levels, which nothing of a quantizer can change"
        refused("encode", tmp_path / "l.safetensors", *options, "-o", tmp_path / "m.surp", message=message)
        assert not (tmp_path / "m.surp").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--step-rel", "0"], r"encode\.step_rel: .*greater than 0 \(got 0\.0\)"),
        (["--bits-per-weight", "0"], r"encode\.bits_per_weight: .*greater than 0 \(got 0\.0\)"),
        (["--sparsity", "1"], r"encode\.sparsity: .*less than 1 \(got 1\.0\)"),
        (["--quantizer", ""], "unknown quantizer ''; allowed: "),
        (["--step-rel", "1", "--set", "step_rel=2"], "step_rel and quantizer_settings.step_rel exclude each other"),
        (["--bytes", "99", "--set", "step_rel=2"], "max_bytes and quantizer_settings.step_rel exclude each other"),
        (["--exact", "--quantizer", ""], "exact keeps the weights as they are"),
        (["--tag", "a=b"], "--tag: a column of the record, which only --metrics writes"),
        (["--record", "r.json", "--tag", "a=b"], "--record, --tag: a column"),
    ],
)
def test_a_value_that_encode_would_not_use_is_refused_zero_among_them(weights, tmp_path, options, message):
    refused("encode", weights, *options, "-o", tmp_path / "m.surp", message=message)
    assert not (tmp_path / "m.surp").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("quantize {w} --model lenet300_100 -o {o}", "--model: successive is not calibrated, so it looks at no images"),
        ("quantize {w} --train t --model m -o {o}", "--train, --model: successive is not calibrated"),
        ("quantize {w} --tag a=b -o {o}", "--tag: a column"),
        ("pretrain t --model lenet300_100 --recipe short -o {o}", "--recipe: a column"),
        (
            "train-sparse t --model lenet300_100 --method rigl --sparsity 0.5 --recipe short -o {o}",
            "--recipe: a column",
        ),
        ("train-sparse t --model lenet300_100 --method lamp --sparsity 0.5 -o {o}", "allowed: .*gradual.*rigl"),
        ("finetune {w} --train t --model lenet300_100 --teacher t -o {o}", "--teacher: nothing is distilled from it"),
        ("finetune {w} --train t --model lenet300_100 --record r -o {o}", "--record: a column"),
        ("pretrain t --model lenet300_100 --set distillation=0.5 -o {o}", r"recipes\.distillation: unknown key"),
        ("tables methods --quantizer uniform -o {o}.md", "--quantizer: of the --summary, which is missing"),
    ],
)
def test_an_option_that_a_stage_would_ignore_is_refused(weights, tmp_path, command, message):
    refused(*command.format(w=weights, o=tmp_path / "o").split(), message=message)
    assert not (tmp_path / "o").exists()
