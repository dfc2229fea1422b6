"""A stage that was planned with other code than it would run stops; a job elsewhere is told what was planned."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

import surp
from surp.cli import app
from surp.errors import SurpError
from surp.provenance import planned_code, runs, sources

ROOT = Path(surp.__file__).parent
MODULES = ("stages.prune", "prune.methods.lamp")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with a copy of the package, planned once: from then on little is parsed."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT, folder / "surp", ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        planned_code.plan({}, pinned=True)
    return folder


@pytest.fixture
def package(project, tmp_path, monkeypatch):
    """A copy of the package, in whose place the sources are read; the current folder is a project's."""
    copy = tmp_path / "surp"
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    plain = sources.on_disk
    monkeypatch.setattr(sources, "on_disk", lambda known=None: plain(known, copy))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(runs.VARIABLE, raising=False)
    return copy


@pytest.fixture
def run(package, monkeypatch):
    """A run that is planned and has begun."""
    run = planned_code.plan({"suite": "tiny"}, pinned=True)
    monkeypatch.setattr("atexit.register", lambda *anything: None)
    run.begin()
    monkeypatch.setenv(runs.VARIABLE, str(run.path))
    return run


def edit(package, name="prune/methods/lamp.py", line="TWICE = 2"):
    path = package / name
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_a_job_runs_what_was_planned_whatever_its_comments_say(package, run):
    code = planned_code.describe(run, *MODULES)
    planned_code.check(code)
    edit(package, line="# a comment")
    edit(package, "prune/methods/erk.py")
    planned_code.check(code)


@pytest.mark.parametrize("recorded", [True, False])
def test_an_edit_after_the_plan_stops_the_job_and_names_the_file(package, run, monkeypatch, recorded):
    code = planned_code.describe(run, *MODULES)
    if not recorded:
        run.path.unlink()
    edit(package)
    files = r" \(prune/methods/lamp\.py\)" if recorded else ""
    said = rf"code of stages\.prune,prune\.methods\.lamp changed .*planned{files}; run it again"
    with pytest.raises(SurpError, match=said):
        planned_code.check(code)


def test_an_edited_file_that_is_put_back_is_no_change(package, run):
    code = planned_code.describe(run, *MODULES)
    before = (package / "prune/methods/lamp.py").read_text()
    edit(package)
    (package / "prune/methods/lamp.py").write_text(before)
    planned_code.check(code)


def test_the_command_checks_before_the_stage_begins(package, run, capsys, tmp_path):
    code = planned_code.describe(run, *MODULES)
    edit(package)
    with pytest.raises(SurpError, match="changed after the workflow was planned"):
        app(["--code", code, "info", str(tmp_path / "missing.surp")])


def test_a_job_elsewhere_is_told_the_code_that_was_planned_not_that_of_its_start(package, run):
    code = planned_code.describe(run, *MODULES)
    edit(package)
    told = runs.current()
    assert planned_code.describe(told, *MODULES) == code
    assert told.parameters == {"suite": "tiny"}
    assert planned_code.describe(planned_code.plan({}, pinned=True), *MODULES) != code


def test_another_release_of_a_library_is_another_code_and_another_build_is_not(package, run, monkeypatch):
    code = planned_code.describe(run, *MODULES)
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{run.releases[name]}+cu126")
    planned_code.check(code)
    assert planned_code.describe(planned_code.plan({}, pinned=True), *MODULES) == code
    monkeypatch.setattr("importlib.metadata.version", lambda name: "99.0+cpu")
    assert planned_code.describe(planned_code.plan({}, pinned=True), *MODULES) != code
    with pytest.raises(SurpError, match=r"planned with numpy \S+, but here is 99\.0"):
        planned_code.check(code)


def test_a_job_that_imports_no_torch_does_not_depend_on_its_release(run):
    older = dataclasses.replace(run, releases={**run.releases, "torch": "1.0"})
    figure = ("stages.figures", "figures.plots.size_front")
    assert planned_code.describe(older, *figure) == planned_code.describe(run, *figure)
    assert planned_code.describe(older, "stages.pretrain") != planned_code.describe(run, "stages.pretrain")


def test_jobs_with_libraries_of_their_own_are_planned_without_ours(package):
    run = planned_code.plan({}, pinned=False)
    assert planned_code.describe(run, *MODULES).endswith(":stages.prune,prune.methods.lamp:")


def test_the_second_plan_parses_only_what_changed(package, run, monkeypatch):
    parsed = []
    parse = sources.ast.parse
    monkeypatch.setattr(sources.ast, "parse", lambda text, name: parsed.append(name) or parse(text, name))
    edit(package)
    planned_code.plan({}, pinned=True)
    planned_code.plan({}, pinned=True)
    assert parsed == ["prune/methods/lamp.py"]


def test_a_plan_does_not_believe_what_other_rules_have_found(package, run):
    content = json.loads(Path(".snakemake/surp/sources.json").read_text())
    assert planned_code._read_cache().everything() == run.files
    Path(".snakemake/surp/sources.json").write_text(json.dumps({**content, "made_by": "another"}))
    assert planned_code._read_cache() is None


def test_code_that_is_no_description_is_refused():
    with pytest.raises(SurpError, match="--code 'abc': expected DIGEST:MODULE"):
        planned_code.check("abc")


def test_loaded_code_counts_where_it_is_not_that_of_the_disk(package, run, monkeypatch):
    """A fork of a process that loaded its code before an edit that was then planned with, or put back."""
    monkeypatch.setattr(planned_code, "_loaded", None)
    planned_code.note_loaded(lambda: None)
    planned_code.check(planned_code.describe(run, *MODULES))
    edit(package)
    later = planned_code.plan({}, pinned=True)
    with pytest.raises(SurpError, match="changed after the workflow was planned"):
        planned_code.check(planned_code.describe(later, *MODULES))
    with pytest.raises(SurpError, match="changed while it was loaded"):
        planned_code.note_loaded(lambda: edit(package, line="THRICE = 3"))
