"""Which modules a job runs, as the parameter `code` of its rule names them."""

from __future__ import annotations

import pytest

from surp import registry
from surp.plan.code import Code
from surp.provenance import planned_code


@pytest.fixture
def modules(config, monkeypatch):
    """The modules that a function of the wildcards names, instead of their digest."""
    monkeypatch.setattr(planned_code, "describe", lambda run, *modules: modules)
    return Code(config, None)


def test_a_stage_runs_the_variants_of_its_wildcards(modules, place):
    assert modules.of("collect")(place) == ("stages.collect",)
    sparse = modules.of("train_sparse", "method", "model")({**place, "method": "rigl"})
    assert sparse == ("stages.train_sparse", registry.module("methods", "rigl"), "models.networks.lenet300_100")
    assert modules.of("encode", "coder")({"coder": "largest"}) == ("stages.encode", "codec.coders.adaptive")
    assert modules.of("figures", "figure")({"figure": "size_front"})[1:] == ("figures.plots.size_front",)


def test_what_looks_at_images_runs_the_network_and_nothing_else_does(modules, place):
    assert modules.of_prune(place) == ("stages.prune", "prune.methods.surp")
    measured = modules.of_prune({**place, "method": "surp_fisher"})
    assert measured[2:] == ("train.calibration", "models.networks.lenet300_100")
    assert modules.of_quantize({**place, "quantizer": "successive"})[1:] == ("quantize.quantizers.successive",)
    assert modules.of_quantize({**place, "quantizer": "hessian"})[2:] == (
        "train.calibration",
        "models.networks.lenet300_100",
    )


def test_the_page_shows_every_table(modules):
    assert modules.of_report()[1:] == tuple(f"tables.kinds.{name}" for name in registry.names("tables"))
    assert modules.of_breakdown() == ("stages.breakdown", "codec.coders.adaptive")
