"""A suite with all that decides what a job is given: two networks, both kinds of schedules, calibration, more files."""

from __future__ import annotations

import pytest

from surp.plan.config import read_config
from surp.plan.paths import Paths
from surp.plan.suite_files import SuiteFiles

PLACE = {"dataset": "mnist", "model": "lenet300_100", "seed": "1", "method": "surp", "schedule": "rounds", "round": "2"}
"""Wildcards of one round, as Snakemake has them."""
PARAMETERS = {
    "suite": "small",
    "data": {"validation": 500},
    "recipes": {"brief": {"epochs": 3, "learning_rate": 0.1}},
    "finetune": {"one": {"epochs": 2}},
    "methods": {"surp_fisher": {"kind": "surp", "importance": "fisher"}, "rigl": {"alpha": 0.5}},
    "schedules": {"rounds": {"kind": "iterative", "sparsities": [0.5, 0.9]}, "once": {"sparsities": [0.9]}},
    "coders": {"largest": {"kind": "adaptive", "preset": "max"}},
    "suites": {
        "small": {
            "datasets": ["mnist"],
            "models": ["lenet300_100", "lenet5_caffe"],
            "seeds": [0, 1],
            "model_seeds": {"lenet5_caffe": [0]},
            "recipe": "brief",
            "methods": ["surp", "surp_fisher", "global_magnitude", "rigl"],
            "schedules": ["rounds", "once"],
            "finetune": "one",
            "quantizers": ["successive", "hessian"],
            "coders": ["largest"],
            "cross": {"seeds": [1], "sparsities": [0.9], "files": {"float16": ["bitmap_zstd"]}},
        }
    },
}


@pytest.fixture
def place():
    return dict(PLACE)


@pytest.fixture(scope="session")
def parameters():
    return PARAMETERS


@pytest.fixture(scope="session")
def config():
    return read_config(PARAMETERS)


@pytest.fixture(scope="session")
def files(config):
    return SuiteFiles(config, Paths(config.name, config.suite.recipe))
