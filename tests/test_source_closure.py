"""A rule reruns when, and only when, a file changes that its stage imports."""

from __future__ import annotations

from surp import registry
from surp.sources import closure, constant, write_manifests


def names(*modules):
    return {path.stem if path.stem != "__init__" else path.parent.name for path in closure(*modules)}


def test_the_closure_follows_imports_inside_functions():
    assert {"prune", "layout", "files", "registry"} <= names("surp.stages.prune")


def test_one_method_is_not_in_the_closure_of_another():
    for method in registry.names("prune"):
        others = set(registry.names("prune")) - {method}
        found = {
            path.stem for path in closure("surp.stages.prune", f"surp.prune.{method}") if path.parent.name == "prune"
        }
        assert method in found
        assert not others & found, f"an edit of {others & found} would rerun {method}"


def test_a_decoder_depends_on_no_model_and_no_training():
    folders = {path.parent.name for path in closure("surp.stages.decode", "surp.codec.adaptive")}
    assert not folders & {"models", "train", "prune", "data"}


def test_help_texts_of_the_command_line_rerun_nothing():
    for stage in ("prune", "encode", "evaluate"):
        assert "cli" not in names(f"surp.stages.{stage}")


def test_what_a_figure_needs_is_known_without_importing_it():
    for name in registry.names("figures"):
        assert constant(f"surp.figures.{name}", "NEEDS") == registry.load("figures", name).NEEDS


def test_pruning_depends_on_training_and_coder_only_where_a_rule_names_them():
    for method in registry.names("prune"):
        folders = {path.parent.name for path in closure("surp.stages.prune", f"surp.prune.{method}")}
        assert not folders & {"train", "models", "data", "codec", "quantize"}
    assert {"importance", "batches", "_dataset"} <= names("surp.train.calibration")


def test_kernels_depend_on_what_forgets_their_stale_code():
    for module in ("surp.prune.surp", "surp.codec.adaptive", "surp.quantize.successive"):
        assert "_compile" in names(module)


def test_manifests_tell_the_contents_of_a_closure_and_right_ones_are_not_touched(tmp_path):
    manifests = write_manifests(tmp_path)
    lines = manifests["surp.prune.surp"].read_text().splitlines()
    assert {line.split("  ")[1] for line in lines} >= {"prune/surp.py", "prune/_heap.py", "files.py"}
    assert not {line for line in lines if "global_magnitude" in line}
    assert {"surp.stages.prune", "surp.train.calibration", "surp.codec.adaptive"} <= manifests.keys()
    before = {path: path.stat().st_mtime_ns for path in manifests.values()}
    manifests["surp.prune.surp"].write_text("another content\n")
    write_manifests(tmp_path)
    after = {path: path.stat().st_mtime_ns for path in manifests.values()}
    assert {path for path in before if before[path] != after[path]} == {manifests["surp.prune.surp"]}
    assert manifests["surp.prune.surp"].read_text().splitlines() == lines
