"""A suite spelled out: every network, round and file of it, once, and no others."""

from __future__ import annotations

from pathlib import Path

ROUND = "results/small/mnist/lenet300_100/seed1/surp/rounds/round2"
DENSE = "results/dense/mnist/{}/brief/seed{}/weights.safetensors"


def test_a_network_is_there_for_each_seed_of_its_model(files):
    dense = [DENSE.format("lenet300_100", 0), DENSE.format("lenet300_100", 1), DENSE.format("lenet5_caffe", 0)]
    assert files.of_networks(files.paths.dense_weights) == dense
    assert files.of_networks(files.paths.dense_weights, seed="1") == dense[1:2]
    assert files.of_networks(files.paths.train) == ["results/data/mnist/train.safetensors"]


def test_a_round_has_a_file_for_each_pair_and_more_where_they_are_crossed(files, place):
    pairs = ["successive/largest", "hessian/largest", "float16/bitmap_zstd"]
    assert files.of_round(files.paths.file, place) == [f"{ROUND}/{pair}/model.surp" for pair in pairs]
    assert len(files.of_round(files.paths.file, {**place, "round": "1"})) == 2
    assert files.of_round(files.paths.file, place, quantizer="hessian") == [f"{ROUND}/hessian/largest/model.surp"]
    assert files.of_round(files.paths.round_metrics, place) == [f"{ROUND}/metrics.json"]


def test_rounds_are_those_of_every_network_method_and_schedule(files):
    weights = files.of_rounds(files.paths.weights)
    assert len(weights) == len({*weights}) == 3 * 4 * (2 + 1)
    assert len(files.of_rounds(files.paths.file)) == 3 * 4 * 3 * 2 + 4 * 2
    of_two = files.of_rounds(files.paths.pruned, files.paths.steps, method=("surp", "surp_fisher"), round=1, seed=0)
    assert len(of_two) == 2 * (2 * 2 * 2)
    assert {path.split("/")[5] for path in of_two} == {"surp", "surp_fisher"}


def test_every_row_knows_its_axes_and_the_files_it_comes_from_in_the_order_of_their_making(files):
    rows = files.rows()
    assert len(rows) == len(files.of_rounds(files.paths.file))
    axes = ("mnist", "lenet300_100", "1", "surp", "rounds", "2", "float16", "bitmap_zstd")
    made = ("weights", "float16/levels", "float16/bitmap_zstd/decoded")
    weights, levels, decoded = (Path(f"{ROUND}/{name}.safetensors") for name in made)
    [row] = [row for row in rows if row.axes == axes]
    file, metrics = decoded.with_name("model.surp"), Path(f"{ROUND}/metrics.json")
    assert row.made == (Path(DENSE.format("lenet300_100", 1)), weights, levels, file, decoded, metrics)
