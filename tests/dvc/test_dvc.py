"""DVC over Snakemake, as docs/reproduce.md tells it: idle, minimal, comparable, and restorable."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path, PurePosixPath

import psutil
import pytest
import yaml

from surp.provenance.builds import kept

FIGURES = ("accuracy_vs_sparsity", "paired_differences", "weight_histogram")
pytestmark = pytest.mark.workflow
SUITE = "results/tiny/pictures/lenet300_100/seed0"
OTHER = "workflow/dvc.yaml:suite@other"


def test_a_second_repro_does_nothing(history):
    assert "Data and pipelines are up to date" in history.idle
    assert "Running stage" not in history.idle


def test_one_changed_parameter_reruns_only_what_depends_on_it(history):
    ran = [line.split("'")[1] for line in history.changed.splitlines() if line.startswith("Running stage")]
    assert ran == ["workflow/dvc.yaml:suite@tiny", "view"]
    rewritten = {path for path, when in history.written_two.items() if history.written_one[path] != when}
    assert f"{SUITE}/surp/tiny/round1/uniform/adaptive/model.surp" in rewritten
    assert not [path for path in rewritten if path.startswith(("results/data", "results/dense"))]
    assert not [path for path in rewritten if "/global_magnitude/" in path]


def test_dvc_keeps_surp_files_dense_networks_and_tables_and_not_what_lies_between(history):
    """By DVC itself: .dvcignore and `surp.provenance.builds.kept` say the same of every file of the suite."""
    repository = history.repository
    paths = [path for path in history.two if path.startswith("results/tiny/")]
    ignored = set(repository.tried("dvc", "check-ignore", *paths).stdout.split())
    assert ignored == {path for path in paths if not kept(PurePosixPath(path))}
    names = {Path(path).name for path in set(paths) - ignored}
    assert names >= {"model.surp", "model.json", "rows.json", "summary.csv", "report.html", "weights.safetensors"}
    weights = {path for path in set(paths) - ignored if path.endswith(".safetensors")}
    assert weights == {"results/tiny/dense/pictures/lenet300_100/tiny/seed0/weights.safetensors"}


def test_both_versions_have_every_kind_of_file(history):
    for version in (history.one, history.two):
        names = {Path(path).name for path in version}
        assert names >= {"train.safetensors", "weights.safetensors", "model.surp", "summary.csv", "metrics.json"}
    assert history.one.keys() == history.two.keys()


def test_metrics_diff_names_the_numbers_that_changed(history):
    assert set(differences(history.repository, "one", "two")) <= {"surp.bytes", "surp.accuracy"}
    every = ("--targets", "results/tiny/means.json")
    said = json.loads(history.repository.dvc("metrics", "diff", "one", "two", "--json", *every))
    changed = said["results/tiny/means.json"]
    assert {key.split(".")[0] for key in changed} == {"surp"}
    assert "surp.uniform.sparsity 0.8.bytes" in changed


def test_a_table_of_experiments_has_few_columns_of_numbers(history):
    header = history.repository.dvc("exp", "show", "--csv").splitlines()[0].split(",")
    metrics = header[header.index("parent") + 1 : header.index("suite")]
    assert sorted(metrics) == sorted(
        ["dense_accuracy", *(f"{m}.{n}" for m in ("surp", "global_magnitude") for n in ("bytes", "accuracy"))]
    )


def test_plots_compare_the_figures_and_numbers_of_two_versions(history):
    repository = history.repository
    repository.dvc("plots", "diff", "one", "two", "--out", "plots")
    page = (repository.folder / "plots/index.html").read_text()
    for name in FIGURES:
        assert f"one_results_tiny_figures_{name}.svg" in page
        assert f"two_results_tiny_figures_{name}.svg" in page
    assert "accuracy against bytes" in page
    repository.run("rm", "-r", "plots")


def test_tables_and_files_of_a_built_suite_agree(history):
    assert "no mismatch in 1 suite" in history.repository.run("surp", "verify", "results/")


def test_data_sets_are_tracked_with_their_checksums(history):
    repository = history.repository
    tracked = locked_stage(repository, "data@pictures")["outs"][0]
    listing = repository.folder / ".dvc/cache/files/md5" / tracked["md5"][:2] / tracked["md5"][2:]
    names = {entry["relpath"] for entry in json.loads(listing.read_text())}
    assert names >= {"train.safetensors", "test.safetensors"}

    test = repository.folder / "results/data/pictures/test.safetensors"
    content = test.read_bytes()
    test.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "results/data/pictures" in repository.dvc("status", "workflow/dvc.yaml:data@pictures")
    repository.dvc("checkout", "--force", "workflow/dvc.yaml:data@pictures")
    assert test.read_bytes() == content


def test_a_dry_run_tells_why_and_a_deleted_file_is_made_again_by_snakemake_all(history):
    repository = history.repository
    file = repository.folder / f"{SUITE}/surp/tiny/round1/uniform/adaptive/model.surp"
    content = file.read_bytes()
    file.unlink()
    told = repository.run("snakemake", "all", "--dry-run", "--quiet", "host")  # as README says
    assert f"Reason: Missing output files: {file.relative_to(repository.folder)}" in told
    repository.run("snakemake", "all")
    assert file.read_bytes() == content
    repository.dvc("checkout", "--allow-missing", "--force")  # other times stand in its record


def test_an_older_revision_gives_its_files_back_and_what_lies_between_does_not_pass_for_it(history):
    repository = history.repository
    branch = repository.git("branch", "--show-current").strip()
    surp = f"{SUITE}/surp/tiny/round1/"
    try:
        repository.git("checkout", "--quiet", "one")
        repository.dvc("checkout", "--allow-missing")
        there = repository.contents("**/*")
        assert repository.kept() == history.kept_one
        assert there[f"{surp}pruned.safetensors"] == history.two[f"{surp}pruned.safetensors"]
        assert "no mismatch" in repository.run("surp", "verify", "results/", "--suite", "tiny")
        assert {"prune", "finetune"} <= repository.pending()
        repository.run("git", "clean", "-dfXq", "results", ".snakemake")
        repository.dvc("checkout", "--allow-missing")
        assert repository.kept() == history.kept_one
        assert repository.pending() == {"view", "all"}
    finally:
        repository.git("checkout", "--quiet", branch)
        repository.dvc("checkout", "--allow-missing", "--force")
    assert repository.kept() == history.kept_two
    assert repository.pending() == {"view", "all"}


def test_an_experiment_in_a_folder_of_its_own_begins_with_what_is_built_and_leaves_the_workspace_alone(history):
    """Of a parameter that the suite does not use, so that the rules tell what they take for built."""
    repository = history.repository
    before = repository.contents("**/*")
    said = repository.dvc("exp", "run", "--temp", "--name", "apart", "-S", "finetune.none.epochs=1")
    assert "Running stage 'workflow/dvc.yaml:suite@tiny'" in said
    assert set(re.findall(r"^Job \d+: (\w+)", said, re.MULTILINE)) <= {"view", "suite"}
    assert repository.contents("**/*") == before
    assert differences(repository, "two", "apart") == {}


def test_two_suites_are_versioned_side_by_side_and_shown_in_turn(history):
    """Last but the kills: it adds a suite to what is built."""
    repository = history.repository
    shown = locked_stage(repository, "suite@tiny")
    repository.run("snakemake", "all")  # whatever the tests before have left undone
    repository.dvc("repro", OTHER)
    assert locked_stage(repository, "suite@tiny") == shown
    assert locked_stage(repository, "suite@other")["outs"][0]["path"] == "results/other"
    assert repository.git("status", "--short").split() == ["M", "workflow/dvc.lock"]

    results = repository.folder / "results"
    switched = repository.run("snakemake", "all", "--config", "suite=other")
    assert set(re.findall(r"^Job \d+: (\w+)", switched, re.MULTILINE)) == {"view", "suite"}
    assert (results / "summary.csv").read_bytes() == (results / "other/summary.csv").read_bytes()
    assert {path.stem for path in (results / "figures").iterdir()} == {"accuracy_vs_sparsity", "weight_histogram"}
    back = repository.run("snakemake", "all")
    assert set(re.findall(r"^Job \d+: (\w+)", back, re.MULTILINE)) == {"view", "suite"}
    assert {path.stem for path in (results / "figures").iterdir()} == set(FIGURES)
    assert repository.git("status", "--short").split() == ["M", "workflow/dvc.lock"]


def test_a_killed_repro_is_repaired_by_running_again(fresh_repository):
    repository = fresh_repository()
    data = "workflow/dvc.yaml:data@pictures"
    run = repository.start("dvc", "repro", data)
    stage = wait_for(lambda: stage_of(run.pid, "data"))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    with contextlib.suppress(psutil.NoSuchProcess):
        stage.wait(60)
    assert list((repository.folder / ".snakemake/locks").iterdir()), "Snakemake's lock was not there"
    repository.dvc("repro", data)
    assert repository.contents("data/pictures/*.safetensors").keys() == {
        "results/data/pictures/train.safetensors",
        "results/data/pictures/test.safetensors",
    }
    assert "up to date" in repository.dvc("status", data)


def differences(repository, before, after):
    """What `dvc metrics diff` says about two versions: metric to old and new value."""
    said = json.loads(repository.dvc("metrics", "diff", before, after, "--json"))
    return said.get("results/tiny/metrics.json", {})


def locked_stage(repository, name):
    """What dvc.lock says of a stage of workflow/dvc.yaml."""
    return yaml.safe_load((repository.folder / "workflow/dvc.lock").read_text())["stages"][name]


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
    return found


def stage_of(process, name):
    """The process that runs `surp NAME` below `process`."""
    for child in psutil.Process(process).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            command = child.cmdline()
            if name in command[2:5] and command[1].endswith("/surp"):
                return child
    return None
