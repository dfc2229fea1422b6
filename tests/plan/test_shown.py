"""A suite has the figures that it has the data of."""

from __future__ import annotations

import copy

import pytest

from surp import registry
from surp.plan.config import read_config
from surp.plan.paths import Paths
from surp.plan.shown import Shown
from surp.plan.suite_files import SuiteFiles


@pytest.fixture
def shown(parameters):
    """A function: what is shown of the small suite with some of its keys changed."""

    def make(**changes):
        changed = copy.deepcopy(parameters)
        changed["schedules"]["rate"] = {"rates": [1.0]}
        changed["suites"]["small"] |= changes
        config = read_config(changed)
        return Shown(SuiteFiles(config, Paths(config.name, config.suite.recipe)))

    return make


def test_a_suite_that_compares_has_every_figure(shown):
    assert shown().figures == registry.names("figures")


def test_figures_that_compare_methods_need_surp_and_another_at_one_sparsity(shown):
    assert "paired_differences" not in shown(methods=["surp", "surp_fisher"]).figures
    assert "paired_differences" not in shown(methods=["global_magnitude", "rigl"]).figures
    of_rates = shown(methods=["surp"], schedules=["rate"], cross=None)
    assert not {"paired_differences", "byte_waterfall"} & {*of_rates.figures}
    assert "size_front" in of_rates.figures


def test_the_bytes_of_few_models_are_looked_into(shown):
    few = shown().of_breakdown(Paths("small", "brief").file)
    rounds = {tuple(path.split("/")[2:8]) for path in few}
    assert {place[2] for place in rounds} == {"seed0"}
    assert {place[3] for place in rounds} == {"surp", "global_magnitude"}
    assert {place[4:] for place in rounds} == {("rounds", "round2"), ("once", "round1")}
    assert all(path.endswith("/successive/largest/model.surp") for path in few)


def test_a_figure_draws_the_table_rows_about_files_or_the_first_dense_network(shown):
    data = {name: shown().data_of(name) for name in registry.names("figures")}
    assert data["size_front"] == "results/small/summary.csv"
    assert data["byte_waterfall"] == "results/small/breakdown.json"
    assert data["per_layer_sparsity"] == "results/small/layers.json"
    assert data["weight_histogram"] == "results/dense/mnist/lenet300_100/brief/seed0/weights.safetensors"


def test_the_view_has_the_same_files_at_the_top_and_in_the_suite():
    paths = Paths("small", "brief")
    top, own = paths.shown(["size_front"]), paths.shown(["size_front"], paths.suite_folder)
    assert top[-1] == "results/figures/size_front.png"
    assert [path.replace("results/small/", "results/") for path in own] == top
    assert {paths.summary, paths.suite_metrics, paths.page} <= {*own}
