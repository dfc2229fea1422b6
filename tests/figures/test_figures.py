"""Conformance of every figure of the folder, and claims about what they show."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import synthetic_suite
from surp import registry
from surp.errors import SurpError, WeightsError
from surp.figures import axes as _axes
from surp.figures import lines as _lines
from surp.figures import rows as _rows
from surp.figures import style as _style
from surp.figures.plots import accuracy_vs_sparsity, byte_waterfall, paired_differences, size_front, weight_histogram
from surp.figures.published import published
from surp.names import title
from surp.summary.frame import read_frame

SUMMARY = [name for name in registry.names("figures") if registry.load("figures", name).NEEDS == "summary"]
ROWS = [name for name in registry.names("figures") if registry.load("figures", name).NEEDS in ("layers", "breakdown")]
WEIGHTS = [name for name in registry.names("figures") if registry.load("figures", name).NEEDS == "weights"]


def summary(
    seeds=(0, 1, 2), methods=("surp", "global_magnitude"), quantizers=("successive", "uniform"), mode="reference"
):
    rng = np.random.default_rng(0)
    rows = [
        {
            "suite": "tiny",
            "dataset": "fashion_mnist",
            "model": "lenet300_100",
            "seed": seed,
            "method": method,
            "mode": mode if method == "surp" else None,
            "quantizer": quantizer,
            "coder": "adaptive",
            "sparsity": sparsity,
            "target_sparsity": sparsity,
            "bytes": int(90_000 * (1 - sparsity)) + seed,
            "accuracy": 0.9 - 0.2 * sparsity**20 + rng.normal(0, 0.002),
            "dense_accuracy": 0.9 + 0.001 * seed,
            "val_accuracy_pruned": 0.8 - 0.3 * sparsity**10,
            "val_accuracy_finetuned": 0.9 - 0.2 * sparsity**20,
            "versions": "surp 0 numpy 0",
        }
        for seed in seeds
        for method in methods
        for quantizer in quantizers
        for sparsity in (0.8, 0.9, 0.98)
    ]
    return synthetic_suite.framed(rows)


def weights():
    rng = np.random.default_rng(0)
    return {
        "fc1.weight": rng.laplace(0, 0.1, (60, 50)).astype(np.float32),
        "fc1.bias": np.zeros(60, np.float32),
        "fc2.weight": rng.normal(0, 1, (10, 60)).astype(np.float32),
        "steps": np.array(3),
    }


def draw(name):
    module = registry.load("figures", name)
    if module.NEEDS == "summary":
        return module.draw(summary())
    if module.NEEDS == "weights":
        return module.draw(weights(), "a model")
    few = synthetic_suite.summary(methods=("surp", "global_magnitude_norm", "lamp"))
    return module.draw(getattr(synthetic_suite, module.NEEDS)(few))


@pytest.mark.parametrize("name", registry.names("figures"))
def test_a_figure_written_twice_has_the_same_bytes(name, tmp_path):
    for turn in ("first", "second"):
        _style.save(draw(name), [tmp_path / turn / f"{name}.svg", tmp_path / turn / f"{name}.png"])
    for ending in ("svg", "png"):
        first, second = ((tmp_path / turn / f"{name}.{ending}").read_bytes() for turn in ("first", "second"))
        assert first == second
        assert len(first) > 1000


@pytest.mark.parametrize("name", registry.names("figures"))
def test_a_figure_has_a_caption_and_labelled_axes_and_fits_a_page(name):
    module = registry.load("figures", name)
    figure = draw(name)
    assert isinstance(figure, Figure)
    assert re.match(r"[A-Z].{20,}\.$", module.__doc__.splitlines()[0])
    assert figure.get_size_inches()[0] in (_style.COLUMN, _style.PAGE)
    visible = [ax for ax in figure.axes if ax.get_visible()]
    assert any(ax.get_xlabel() for ax in visible)
    assert any(ax.get_ylabel() for ax in visible) or figure.get_supylabel()


@pytest.mark.parametrize("name", [name for name in SUMMARY if not hasattr(registry.load("figures", name), "COMPARES")])
def test_one_seed_one_method_and_one_row_are_drawn(name):
    module = registry.load("figures", name)
    for table in (summary(seeds=(4,)), summary(methods=("lamp",), quantizers=("uniform",)), summary().head(1)):
        module.draw(table)


@pytest.mark.parametrize("name", SUMMARY)
def test_an_empty_table_is_refused_by_name(name):
    table = summary().head(0)
    table.attrs["path"] = "results/tiny/summary.csv"
    with pytest.raises(SurpError, match=r"results/tiny/summary\.csv: has no rows"):
        registry.load("figures", name).draw(table)


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("state", [{}, {"a": np.zeros((3, 2))}])
def test_a_model_without_weights_is_refused(name, state):
    with pytest.raises(WeightsError, match="other than zero"):
        registry.load("figures", name).draw(state, "nothing")


def test_a_table_without_any_fine_tune_is_refused():
    with pytest.raises(SurpError, match="no row has a value in all of"):
        registry.load("figures", "finetune_gain").draw(summary().assign(val_accuracy_finetuned=np.nan))


def test_a_file_without_size_is_refused():
    with pytest.raises(SurpError, match="'bytes' must be greater than 0"):
        registry.load("figures", "accuracy_vs_bytes").draw(summary().assign(bytes=0))


def test_files_of_one_seed_count_once_in_an_interval():
    rows = _rows.prepare(summary(methods=("surp",)), ["accuracy"])
    doubled = pd.concat([rows, rows], ignore_index=True)
    once, twice = (_rows.by_level(table, ["accuracy"]) for table in (rows, doubled))
    pd.testing.assert_frame_equal(once, twice)


def test_the_embedded_mode_is_never_drawn_as_surp():
    table = summary(methods=("surp",), mode="embedded")
    rows = _rows.prepare(table, ["accuracy"])
    assert set(rows["series"]) == {"surp_embedded"}
    assert title("surp_embedded") == "SuRP embedded"


def test_a_method_keeps_its_colour_whatever_stands_beside_it():
    alone = _style.looks(["surp"]) | _style.looks(["my_method"])
    together = _style.looks(["my_method", "global_magnitude", "surp"])
    assert together["surp"] == alone["surp"]
    assert together["my_method"] == alone["my_method"]
    assert next(iter(together)) == "surp"


def test_looks_of_one_figure_differ():
    names = [f"method_{k}" for k in range(len(_style.PALETTE) - len(_style._KNOWN))] + list(_style._KNOWN)
    assert len(set(_style.looks(names).values())) == len(names)


def test_each_data_set_and_model_has_its_panel():
    table = pd.concat([summary(), summary().assign(dataset="mnist"), summary().assign(model="lenet5_caffe")])
    figure = accuracy_vs_sparsity.draw(table)
    titles = {ax.get_title() for ax in figure.axes if ax.get_visible()}
    assert titles == {"Fashion-MNIST, LeNet-300-100", "Fashion-MNIST, LeNet-5-Caffe", "MNIST, LeNet-300-100"}


def test_high_sparsities_are_spread():
    ax = accuracy_vs_sparsity.draw(summary()).axes[0]
    places = [ax.transData.transform((_axes.density(s), 80))[0] for s in (0.8, 0.9, 0.98)]
    assert places[2] - places[1] > places[1] - places[0] > 0


def test_the_histogram_shows_every_panel_with_its_distances():
    figure = weight_histogram.draw(weights(), "a model")
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title() for ax in shown] == ["all tensors, normalised", "fc1.weight, 60×50", "fc2.weight, 10×60"]
    assert all(sum("KS" in text.get_text() for text in ax.texts) == 2 for ax in shown)


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(SurpError, match=r"figure\.gif: figures are written as pdf, png, svg"):
        _style.save(draw(SUMMARY[0]), [tmp_path / "figure.gif"])
    assert not list(tmp_path.iterdir())


def test_a_summary_read_from_its_file_is_drawn(tmp_path):
    summary().to_csv(tmp_path / "summary.csv", index=False)
    accuracy_vs_sparsity.draw(read_frame(tmp_path / "summary.csv"))


@pytest.mark.parametrize("name", registry.names("figures"))
def test_a_large_suite_is_drawn(name):
    module = registry.load("figures", name)
    if module.NEEDS == "summary":
        module.draw(synthetic_suite.summary())


@pytest.mark.parametrize("name", ROWS)
def test_no_rows_are_refused(name):
    with pytest.raises(SurpError, match="nothing to draw"):
        registry.load("figures", name).draw([])


def test_differences_need_surp_and_a_baseline():
    with pytest.raises(SurpError, match="no sparsity at which SuRP and a baseline"):
        paired_differences.draw(summary(methods=("lamp",)))


def test_a_difference_is_filled_only_where_its_interval_lies_beside_zero():
    table = summary(methods=("surp", "lamp"), quantizers=("uniform",))
    table["accuracy"] = 0.9 + 0.001 * table["seed"] + np.where(table["method"] == "surp", 0.01, 0)
    table.loc[(table["sparsity"] == 0.98) & (table["seed"] == 1) & (table["method"] == "surp"), "accuracy"] -= 0.05
    ax = paired_differences.draw(table).axes[0]
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == "white" for line in marks] == [False, False, True]
    assert [float(line.get_ydata()[0]) for line in marks][:2] == pytest.approx([1.0, 1.0])


def test_a_front_holds_what_nothing_beats_in_both():
    assert size_front.front([3, 1, 2, 2, 4], [1.0, 5.0, 3.0, 2.0, 1.0]) == [(1, 5.0), (2, 2.0), (3, 1.0)]


def test_published_points_have_sizes_and_their_count_is_that_of_the_file():
    points = published("mnist", "lenet300_100", 1_066_440)
    assert [(p.bytes, p.error_percent) for p in points if p.stated] == [(8560, 1.9), (27000, 1.58)]
    (worked_out,) = [p for p in points if not p.stated]
    assert worked_out.bytes == 1_066_440 / 64
    assert len(published("mnist", "lenet5_caffe", 1.0)) == 8
    assert published("fashion_mnist", "lenet5_caffe", 1.0) == []


def test_the_steps_of_the_waterfall_end_at_the_file():
    rows = synthetic_suite.breakdown(synthetic_suite.summary())
    bars = byte_waterfall.bars_of(rows[:1])
    start = sum(bars[1].parts.values())
    assert start + sum(bar.step for bar in bars if bar.step is not None) == pytest.approx(rows[0].bytes)
    assert sum(bars[-1].parts.values()) == rows[0].bytes


def test_names_at_lines_are_apart_and_near_their_ends():
    assert _lines.moved_apart([0.2, 0.5, 0.8], 0.1) == [0.2, 0.5, 0.8]
    assert _lines.moved_apart([0.5, 0.5, 0.9], 0.1) == pytest.approx([0.45, 0.55, 0.9])
    places = _lines.moved_apart([0.1, 0.12, 0.13, 0.3], 0.1)
    assert all(b - a > 0.0999 for a, b in itertools.pairwise(places))


def test_pairs_tried_on_a_part_of_the_suite_are_no_lines():
    rows = _rows.prepare(synthetic_suite.summary(), ["accuracy"])
    assert set(rows["coder"]) == {"adaptive"}
    assert set(rows["quantizer"]) == {"successive"}
    assert set(rows["variant"]) == {""}


def test_surp_and_its_twin_share_their_colours_with_no_other():
    looks = _style.looks(synthetic_suite.METHODS)
    for name in ("surp", "global_magnitude_norm"):
        assert sum(color == looks[name][0] for color, _ in looks.values()) == 1
    assert looks["global_magnitude_norm"] == _style.looks(["surp", "global_magnitude"])["global_magnitude"]
