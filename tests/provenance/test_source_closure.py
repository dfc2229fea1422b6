"""What a stage depends on: the files that it imports, and no others; and what a change of one of them is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import surp
from surp import registry
from surp.errors import SurpError
from surp.provenance import sources
from surp.provenance.sources import on_disk, recorded

ROOT = Path(surp.__file__).parent


@pytest.fixture(scope="module")
def here():
    return on_disk()


@pytest.fixture
def edited(here, tmp_path):
    """A function that edits a file of a copy of the package, and gives the copy's sources."""
    shutil.copytree(ROOT, tmp_path / "surp", ignore=shutil.ignore_patterns("__pycache__"))

    def edit(name, before, after):
        path = tmp_path / "surp" / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))
        return on_disk(here, tmp_path / "surp")

    return edit


def path(method):
    """Of a method's file, in the package."""
    return registry.module("methods", method).replace(".", "/") + ".py"


def folders(closure):
    return {path.partition("/")[0] for path in closure}


def test_the_closure_follows_imports_inside_functions(here):
    closure = here.closure("stages.prune")
    assert {"stages/prune.py", "prune/apply.py", "tensors/layout.py", "files.py", "locks.py", "registry.py"} <= {
        *closure
    }


def test_the_closure_leaves_out_what_only_types_need(here):
    assert "TYPE_CHECKING" in (ROOT / "quantize/interface.py").read_text()
    assert "train/calibration.py" not in here.closure("quantize.interface")


def test_one_method_is_not_in_the_closure_of_another(here):
    for method in registry.names("methods"):
        others = {path(name) for name in registry.names("methods") if name != method}
        found = {*here.closure("stages.prune", registry.module("methods", method))}
        assert path(method) in found
        assert not others & found, f"an edit of {others & found} would rerun {method}"


def test_no_dense_training_and_no_fine_tuning_depends_on_pruning(here):
    for stage in ("stages.pretrain", "stages.finetune"):
        found = here.closure(stage)
        assert "prune" not in folders(found)
        assert "sparse_training" not in folders(found)
    assert {"sparse_training/training.py", "prune/apply.py"} <= {*here.closure("stages.train_sparse")}


def test_a_decoder_depends_on_no_model_and_no_training(here):
    found = here.closure("stages.decode", "codec.coders.adaptive")
    assert not folders(found) & {"models", "train", "prune", "data"}


def test_help_texts_of_the_command_line_rerun_nothing(here):
    for stage in ("prune", "encode", "evaluate"):
        assert "cli.py" not in here.closure(f"stages.{stage}")


def test_pruning_depends_on_training_and_coder_only_where_a_rule_names_them(here):
    for method in registry.names("methods"):
        found = here.closure("stages.prune", registry.module("methods", method))
        assert not folders(found) & {"train", "models", "data", "codec", "quantize"}
    assert {"train/importance.py", "train/batches.py"} <= {*here.closure("train.calibration")}


def test_what_is_not_followed_leads_to_what_rules_name_and_to_nothing_else(here):
    named = here.closure("train.calibration")
    for path in sources.NOT_FOLLOWED:
        assert path in here.closure("stages.prune")
        modules = {f"{name.replace('.', '/')}.py" for name in here.file(path).imports} & here.names
        assert {"errors.py", "train/calibration.py"} <= modules <= {*named}


def test_kernels_depend_on_what_forgets_their_stale_code(here):
    for module in ("prune.methods.surp", "codec.coders.adaptive", "quantize.quantizers.successive"):
        assert "kernels.py" in here.closure(module)


def test_with_a_package_come_its_data_files_those_in_its_folders_too(here):
    assert {"report/page.html.j2", "report/page.css"} <= {*here.closure("stages.report")}
    assert "codec/frame/layout_files/3-resnet20.json" in here.closure("stages.decode")


def test_a_module_that_is_not_there_is_named(here):
    with pytest.raises(SurpError, match=r"no module prune\.methods\.lmap"):
        here.closure("stages.prune", "prune.methods.lmap")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import numpy as np\n", "import numpy as np  # arrays\n"),
        ('"""', '"""Another docstring. '),
        ("def select(", "# what survives\ndef select(\n\n\n        "),
        ("lamp_scores(problem.vector[place])", "lamp_scores(\n        (problem.vector[place]),\n    )"),
        ('"stable"', "'sta' 'ble'"),
    ],
)
def test_comments_docstrings_and_formatting_are_no_change(here, edited, before, after):
    assert edited("prune/methods/lamp.py", before, after).digest("prune.methods.lamp") == here.digest(
        "prune.methods.lamp"
    )


def test_an_edited_method_changes_the_code_of_its_own_jobs_only(here, edited):
    now = edited("prune/methods/lamp.py", "def select(", "TWICE = 2\n\n\ndef select(")
    other = [("stages.prune", registry.module("methods", name)) for name in registry.names("methods") if name != "lamp"]
    other += [
        ("stages.pretrain", "models.networks.resnet20"),
        ("stages.finetune", "models.networks.resnet20"),
        ("stages.evaluate",),
    ]
    assert now.digest("stages.prune", "prune.methods.lamp") != here.digest("stages.prune", "prune.methods.lamp")
    assert now.changed(here, "stages.prune", "prune.methods.lamp") == ("prune/methods/lamp.py",)
    for modules in other:
        assert now.digest(*modules) == here.digest(*modules), modules


def test_every_byte_of_a_data_file_counts(here, edited):
    now = edited("report/page.css", "\n", " \n")
    assert now.digest("stages.report") != here.digest("stages.report")
    assert now.digest("stages.prune") == here.digest("stages.prune")


def test_text_that_is_used_is_no_docstring(here, edited):
    now = edited("errors.py", "unknown {what}", "new {what}")
    assert now.digest("errors") != here.digest("errors")


def test_a_stage_names_only_the_libraries_that_it_imports(here):
    assert here.libraries("stages.pretrain", "models.networks.resnet20") == ("numpy", "torch")
    assert here.libraries("stages.prune", "prune.methods.surp") == ("numba", "numpy")
    assert here.libraries("stages.figures", "figures.plots.size_front") == ("numpy",)
    assert here.libraries("stages.collect") == ()


def test_files_that_are_known_are_not_parsed_again_and_tell_the_same(here, monkeypatch):
    files = here.everything()
    monkeypatch.setattr(sources.ast, "parse", lambda *text: pytest.fail("a known file was parsed"))
    assert on_disk(recorded(files)).everything() == files


@pytest.mark.parametrize(
    ("text", "words"), [("from . import b", "imports by relative names"), ("def f(:", "is no Python: .*line 1")]
)
def test_files_whose_imports_are_not_clear_are_named(tmp_path, text, words):
    (tmp_path / "a.py").write_text(text)
    with pytest.raises(SurpError, match=rf"a\.py {words}"):
        on_disk(root=tmp_path).digest("a")
