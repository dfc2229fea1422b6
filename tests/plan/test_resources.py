"""What rules ask for stands in one table, and a profile speaks of rules that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from surp.plan.resources import resources

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def asked(config):
    return resources(config)


def test_every_rule_that_runs_a_stage_asks_for_its_own_line_of_the_table(asked):
    texts = [path.read_text() for path in (TOP / "workflow/rules").glob("*.smk")]
    rules = [rule for text in texts for rule in re.split(r"(?m)^rule ", text)[1:]]
    told = {rule.partition(":")[0]: re.findall(r'\*\*RESOURCES\["(\w+)"\]', rule) for rule in rules if '"surp ' in rule}
    assert told == {name: [name] for name in asked}


def test_memory_grows_with_each_attempt_where_a_model_decides_it(asked, place):
    for name in ("pretrain", "finetune", "train_sparse", "evaluate", "evaluate_dense"):
        assert [asked[name]["mem_mb"](place, attempt) for attempt in (1, 2, 3)] == [4000, 8000, 12000]
    assert asked["prune"]["mem_mb"](place, 2) == 4000
    assert asked["prune"]["mem_mb"]({**place, "method": "surp_fisher"}, 2) == 8000


def test_a_gpu_is_named_by_every_rule_that_a_profile_may_give_one(asked):
    profile = yaml.safe_load(re.sub(r"(?m)^ *\?.*\n", "", (TOP / "profiles/gpu/config.yaml").read_text()))
    assert profile["resources"] == {"gpu": 1}
    named = re.findall(r'"(\w+)"', (TOP / "profiles/gpu/config.yaml").read_text())
    assert {*named} == {name for name, wanted in asked.items() if "gpu" in wanted}
