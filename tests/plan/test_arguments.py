"""What parameters become on a command line: what differs from the defaults, quoted for a shell."""

from __future__ import annotations

import json
import shlex
from types import SimpleNamespace

import pytest

from surp.plan import arguments
from surp.plan.arguments import Arguments
from surp.train.recipe import Recipe


@pytest.fixture
def words(config):
    return Arguments(config)


def test_only_what_differs_from_the_defaults_is_said(words, place):
    assert arguments.as_options(Recipe()) == ""
    assert arguments.as_options(Recipe(epochs=3), "--recipe-set") == "--recipe-set epochs=3"
    assert words.settings("method")(place) == ""
    assert words.settings("method")({**place, "method": "surp_fisher"}) == "--set 'importance=\"fisher\"'"
    assert words.settings("coder", "--coder-set", without=["preset"])({"coder": "largest"}) == ""


def test_an_entry_is_the_file_that_does_its_work(words, place):
    assert words.kind("method")({**place, "method": "surp_fisher"}) == "surp"
    assert (words.kind("coder")({"coder": "largest"}), words.preset({"coder": "largest"})) == ("adaptive", "max")


def test_a_round_is_told_its_target_and_whether_rounds_follow_each_other(words, place):
    assert (words.target(place), words.iterative(place)) == ("--sparsity 0.9", "--iterative")
    once = {**place, "schedule": "once", "round": "1"}
    assert (words.target(once), words.iterative(once)) == ("--sparsity 0.9", "")


def test_training_from_scratch_has_the_epochs_of_pretraining_and_of_every_fine_tuning(words, place):
    for schedule, number, epochs in (("rounds", 1, 3 + 2), ("rounds", 2, 3 + 2 * 2), ("once", 1, 3 + 2)):
        said = words.recipe_from_scratch({**place, "schedule": schedule, "round": number})
        assert f"--recipe-set epochs={epochs}" in said


def test_calibration_is_asked_for_with_images_and_on_the_device_of_the_job(words, place):
    with_images = SimpleNamespace(train="train.safetensors")
    said = "--train train.safetensors --model lenet300_100 --validation 500 --device cpu --threads 1"
    assert words.calibration(place, with_images, 1, {}) == said
    assert words.seeded_calibration(place, with_images, 1, {"gpu": 1}) == f"{said.replace('cpu', 'cuda')} --seed 1"
    for function in (words.calibration, words.seeded_calibration):
        assert function(place, SimpleNamespace(train=[]), 1, {}) == ""


def test_values_are_quoted_for_a_shell(words):
    files = ["a b.json", "$HOME"]
    assert shlex.split(arguments.repeat("-o", files)) == ["-o", "a b.json", "-o", "$HOME"]
    assert words.data_root == ""


def test_a_report_is_given_the_entries_that_its_suite_names_and_no_others():
    parameters = {
        "methods": {"surp": {"alpha": 10}, "other": {}},
        "recipes": {"r": {}, "s": {}},
        "finetune": {"f": {}},
        "suites": {"x": {"methods": ["surp", "lamp"], "recipe": "r", "finetune": "f"}, "y": {}},
    }
    shown = json.loads(shlex.split(arguments.of_suite(parameters, "x"))[0])
    assert shown["methods"] == {"surp": {"alpha": 10}, "lamp": None}
    assert (shown["recipes"], shown["finetune"], list(shown["suites"])) == ({"r": {}}, {"f": {}}, ["x"])
