"""Conformance of every table of the folder, and claims about what they say."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import synthetic_suite
from surp import registry
from surp.cli import app
from surp.comparison.matched import ALL_FILES, END_TO_END, OUR_CODERS, smallest
from surp.summary.frame import read_frame
from surp.tables import Entry, Measurements, Table
from surp.tables.kinds.methods import read_docstring
from surp.tables.render import RENDERERS, to_csv, to_html, to_markdown

TOP = Path(__file__).parents[2]
QUICK = TOP / "docs/results/quick/summary.csv"
NAMES = registry.names("tables")


@pytest.fixture(scope="module")
def large():
    table = synthetic_suite.summary()
    return Measurements(table, synthetic_suite.layers(table))


def built(name, data):
    return registry.load("tables", name).build(data)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_of_a_large_suite_is_rendered_in_all_ways(name, large):
    tables = built(name, large)
    assert tables
    for table in tables:
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
    lines = list(csv.DictReader(io.StringIO(to_csv(tables))))
    assert len(lines) == sum(len(table.rows) for table in tables)
    assert to_markdown(tables).count("\n| ") >= len(lines)
    assert to_html(tables).count("<tr>") == len(lines) + len(tables)


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_that_are_checked_in_make_every_table(name):
    for render in RENDERERS.values():
        assert isinstance(render(built(name, Measurements(read_frame(QUICK)))), str)


def test_the_best_is_bold_and_its_ties_are_marked():
    rows = synthetic_suite.summary(methods=("surp", "lamp", "random"), models=("lenet300_100",))
    (table,) = built("accuracy", Measurements(rows))
    column = [row[1] for row in table.rows if row[0].text != "dense"]
    assert sum(cell.mark == "best" for cell in column) == 1
    (random,) = [row for row in table.rows if row[0].text == "random"]
    assert random[1].mark == ""
    assert "**" in to_markdown([table])


def test_methods_with_missing_seeds_are_shown_with_their_n_and_named():
    rows = synthetic_suite.summary(methods=("surp", "lamp"), models=("lenet300_100",))
    rows = rows[~((rows["method"] == "lamp") & (rows["seed"] == 4) & (rows["target_sparsity"] == 0.9))]
    (table,) = built("accuracy", Measurements(rows))
    (lamp,) = [row for row in table.rows if row[0].text == "LAMP"]
    assert "(n = 4)" in lamp[2].text
    assert any("Not compared at 90 %: LAMP, which lacks seeds 4." in note for note in table.notes)


def test_the_papers_column_is_empty_and_says_how_to_fill_it(large):
    for table in built("accuracy", large):
        assert table.columns[-1] == "paper (Isik et al.)"
        assert not any(row[-1].text for row in table.rows)
        assert any("paper.csv" in note for note in table.notes)


def test_the_tally_counts_the_cells_of_the_table(large):
    table, each = built("comparison", large)
    assert next(row[0].text for row in each.rows) == "global magnitude, norm-scaled"
    assert len(each.rows) == len(synthetic_suite.METHODS) - 1
    assert all(row[1].value == 14 == sum(cell.value for cell in row[2:]) for row in each.rows)
    verdicts = [row[table.columns.index("verdict")].text for row in table.rows]
    said = next(note for note in table.notes if note.startswith("Against the best baseline"))
    wins, ties, loses, cells = map(int, re.findall(r"\d+", said))
    assert (wins, ties, loses) == tuple(verdicts.count(v) for v in ("wins", "ties", "loses"))
    assert cells == len(verdicts) == 14
    assert any("favours the baselines" in note for note in table.notes)


def row(quantizer, coder, size, val, method="lamp", sparsity=0.9, test=0.9):
    axes = {
        "dataset": "d",
        "model": "m",
        "seed": 0,
        "method": method,
        "schedule": "s",
        "target": str(sparsity),
    }
    return axes | {"quantizer": quantizer, "coder": coder, "bytes": size, "val_accuracy": val, "accuracy": test}


def test_matched_sizes_are_chosen_on_validation_images_among_runs_that_all_coders_have():
    table = synthetic_suite.framed(
        [
            row("uniform", "adaptive", 100, 0.96, test=0.5),
            row("uniform", "nncodec", 110, 0.96),
            row("float32", "nncodec", 300, 0.97),
            row("uniform", "adaptive", 10, 0.90),  # too far below 0.965
            row("uniform", "adaptive", 50, 0.96, sparsity=0.95),  # no peer was given this one
        ]
    )
    found = {one.coding: one for one in smallest(table, {("d", "m", 0): 0.965}, 0.5)}
    assert {name: one.bytes for name, one in found.items()} == {
        OUR_CODERS: 100,
        END_TO_END: 300,
        "nncodec on our levels": 110,
        ALL_FILES: 50,
    }
    assert found[OUR_CODERS].files["accuracy"].item() == 0.5
    none = smallest(table, {("d", "m", 0): 0.99}, 0.5)
    assert len(none) == len(found)
    assert all(one.files.empty for one in none)


def test_factors_are_bytes_of_each_format_over_ours():
    table = synthetic_suite.summary(methods=("surp",), models=("lenet300_100",))
    rows = [row for row in synthetic_suite.layers(table) if row.seed == 0 and row.level == 0.9]
    (factors,) = built("factors", Measurements(table, rows))
    line = dict(zip(factors.columns, factors.rows[0], strict=True))
    ours = rows[0].bytes
    weights = 300 * 784 + 100 * 300 + 10 * 100 + 300
    assert line["dense float32"].value == pytest.approx(4 * weights / ours)
    huffman = table[(table["coder"] == "huffman_csr") & (table["quantizer"] == "successive")]
    huffman = huffman[huffman["target_sparsity"] == 0.9]["bytes"].item()
    assert line["Huffman + relative CSR"].value == pytest.approx(huffman / ours)


def test_text_is_escaped():
    table = Table("<b>", ("a|b",), ((Entry("<script>|", mark="best"),),), ("&",))
    assert "<script>" not in to_html([table])
    assert r"**<script>\|**" in to_markdown([table])


def test_what_docs_methods_says_is_what_the_docstrings_say(tmp_path):
    """It may lack a new file: adding one edits nothing else."""
    result = CliRunner().invoke(app, ["tables", "methods", "-o", str(tmp_path / "methods.md")])
    assert result.exit_code == 0, result.output
    written = (tmp_path / "methods.md").read_text().splitlines()
    stale = [line for line in (TOP / "docs/methods.md").read_text().splitlines() if line not in written]
    assert not stale, "run: surp tables methods -o docs/methods.md"


@pytest.mark.parametrize("folder", ["methods", "quantizers", "coders", "figures", "tables"])
def test_every_method_says_what_it_is(folder):
    for name in registry.names(folder):
        what, _ = read_docstring(registry.path(folder, name))
        assert len(what) > 20, name


def test_a_reference_is_told_apart_from_what_a_method_does(tmp_path):
    path = tmp_path / "x.py"
    path.write_text('"""Prunes (well): small goes (Le and Cun, 1990).\n\nMore (arXiv 2102.08329, section 4).\n"""\n')
    what, source = read_docstring(path)
    assert what == "Prunes (well): small goes."
    assert source == "Le and Cun, 1990; arXiv 2102.08329, section 4"
