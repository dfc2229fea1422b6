"""What a job reads where that depends on the parameters."""

from __future__ import annotations

import pytest

from surp.plan.inputs import Inputs

DENSE = "results/dense/mnist/lenet300_100/brief/seed1/weights.safetensors"


@pytest.fixture
def inputs(files):
    return Inputs(files)


@pytest.mark.parametrize(
    ("schedule", "number", "expected"),
    [
        ("rounds", "1", DENSE),
        ("rounds", "2", "results/small/mnist/lenet300_100/seed1/surp/rounds/round1/weights.safetensors"),
        ("once", "1", DENSE),
    ],
)
def test_a_round_prunes_the_dense_network_or_that_of_the_round_before(inputs, place, schedule, number, expected):
    before = inputs.before(inputs.paths.dense_weights, inputs.paths.weights)
    assert before({**place, "schedule": schedule, "round": number}) == expected


def test_images_are_read_where_a_method_or_a_quantizer_looks_at_them(inputs, place):
    train = "results/data/mnist/train.safetensors"
    assert inputs.images_for_pruning({**place, "method": "surp_fisher"}) == train
    assert inputs.images_for_pruning(place) == []
    assert inputs.images_for_quantizing({**place, "quantizer": "hessian"}) == train
    assert inputs.images_for_quantizing({**place, "quantizer": "successive"}) == []


def test_a_seeds_table_is_of_its_own_rounds_only(inputs):
    wildcards = {"dataset": "mnist", "model": "lenet300_100", "seed": "1"}
    read = inputs.of_seed(inputs.paths.decoded, quantizer="hessian", coder="largest")(wildcards)
    assert len(read) == 4 * 3
    assert all("/lenet300_100/seed1/" in path and "/hessian/largest/" in path for path in read)
