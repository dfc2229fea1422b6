"""What stands in the two dvc.yaml, without running DVC."""

from __future__ import annotations

from pathlib import Path

import yaml

from surp.plan.config import read_config

TOP = Path(__file__).parents[2]
PIPELINE = yaml.safe_load((TOP / "workflow/dvc.yaml").read_text())
PARAMETERS = yaml.safe_load((TOP / "params.yaml").read_text())


def test_every_suite_and_data_set_has_a_stage_and_none_overlaps_another():
    stages = PIPELINE["stages"]
    assert stages["suite"]["foreach"] == "${suites}"
    assert stages["data"]["foreach"] == "${datasets}"
    outputs = [next(iter(stages[name]["do"]["outs"][0])) for name in ("suite", "data")]
    assert outputs == ["results/${key}", "results/data/${key}"]
    assert not {"data", "dense", "figures"} & PARAMETERS["suites"].keys()


def test_a_suite_depends_on_its_whole_entry_model_seeds_too_and_on_every_section_that_it_names():
    parameters = set(PIPELINE["stages"]["suite"]["do"]["params"])
    sections = {"recipes", "methods", "schedules", "finetune", "quantizers", "coders"}
    assert parameters == {"suites.${key}", "data.validation", *sections}
    for name, suite in PARAMETERS["suites"].items():
        read_config(PARAMETERS | {"suite": name})
        assert len(suite["datasets"]) == 1, f"{name}: DVC knows the first data set of a suite"


def test_the_figures_of_a_suite_are_plots_without_a_list_of_them():
    assert "results/${suite}/figures" in yaml.safe_load((TOP / "dvc.yaml").read_text())["plots"]
