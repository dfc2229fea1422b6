"""DVC over Snakemake, as docs/reproduce.md tells it: idle, minimal, comparable, and restorable."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path

import psutil
import pytest
import yaml

from surp import registry

TOP = Path(__file__).parents[2]
FIGURES = ("accuracy_vs_sparsity", "weight_histogram")
pytestmark = pytest.mark.workflow
SUITE = "results/tiny/pictures/lenet300_100/seed0"


def test_a_second_repro_does_nothing(history):
    assert "Data and pipelines are up to date" in history.idle
    assert "Running stage" not in history.idle


def test_one_changed_parameter_reruns_only_what_depends_on_it(history):
    ran = [line.split("'")[1] for line in history.changed.splitlines() if line.startswith("Running stage")]
    assert ran == ["compress", "figures"]
    rewritten = {path for path, when in history.written_two.items() if history.written_one[path] != when}
    assert f"{SUITE}/surp/tiny/round1/uniform/adaptive/model.surp" in rewritten
    assert not [path for path in rewritten if path.startswith(("results/data", "results/dense"))]
    assert not [path for path in rewritten if "/global_magnitude/" in path]


def test_both_versions_have_every_kind_of_file(history):
    for version in (history.one, history.two):
        names = {Path(path).name for path in version}
        assert names >= {"train.safetensors", "weights.safetensors", "model.surp", "summary.csv", "metrics.json"}
    assert history.one.keys() == history.two.keys()


def test_metrics_diff_names_the_numbers_that_changed(history):
    changed = differences(history.repository, "one", "two")
    assert {key.split(".")[0] for key in changed} == {"surp"}
    assert "surp.uniform.sparsity 0.8.bytes" in changed


def test_plots_compare_the_figures_and_numbers_of_two_versions(history):
    repository = history.repository
    repository.dvc("plots", "diff", "one", "two", "--out", "plots")
    page = (repository.folder / "plots/index.html").read_text()
    for name in FIGURES:
        assert f"one_results_figures_{name}.svg" in page
        assert f"two_results_figures_{name}.svg" in page
    assert "accuracy against bytes" in page
    repository.run("rm", "-r", "plots")


def test_plots_name_every_figure():
    pipeline = yaml.safe_load((TOP / "dvc.yaml").read_text())
    shown = {Path(plot).stem for plot in pipeline["plots"] if isinstance(plot, str)}
    assert shown == set(registry.names("figures"))


def test_tables_and_files_of_a_built_suite_agree(history):
    assert "no mismatch in 1 suite" in history.repository.run("surp", "verify", "results/")


def test_data_sets_are_tracked_with_their_checksums(history):
    repository = history.repository
    lock = yaml.safe_load((repository.folder / "dvc.lock").read_text())
    [tracked] = [out for out in lock["stages"]["data"]["outs"] if out["path"] == "results/data"]
    listing = repository.folder / ".dvc/cache/files/md5" / tracked["md5"][:2] / tracked["md5"][2:]
    names = {entry["relpath"] for entry in json.loads(listing.read_text())}
    assert names >= {"pictures/train.safetensors", "pictures/test.safetensors"}

    test = repository.folder / "results/data/pictures/test.safetensors"
    content = test.read_bytes()
    test.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "results/data" in repository.dvc("status", "data")
    repository.dvc("checkout", "--force", "data")
    assert test.read_bytes() == content


def test_a_deleted_file_is_made_again_and_not_forgotten(history):
    repository = history.repository
    file = repository.folder / f"{SUITE}/surp/tiny/round1/uniform/adaptive/model.surp"
    content = file.read_bytes()
    file.unlink()
    repository.dvc("repro")
    assert file.read_bytes() == content
    repository.git("checkout", "--quiet", "--", "dvc.lock", "results")
    repository.dvc("checkout", "--force")


def test_an_older_revision_gives_its_files_back(history):
    repository = history.repository
    branch = repository.git("branch", "--show-current").strip()
    try:
        repository.git("checkout", "--quiet", "one")
        repository.dvc("checkout")
        assert repository.contents("**/*") == history.one
        assert repository.nothing_to_do()
        assert "up to date" in repository.dvc("status")
    finally:
        repository.git("checkout", "--quiet", branch)
        repository.dvc("checkout")
    assert repository.contents("**/*") == history.two
    assert repository.nothing_to_do()


def test_an_experiment_changes_the_numbers_that_its_parameter_reaches(history):
    repository = history.repository
    try:
        repository.dvc("exp", "run", "--name", "coarse", "-S", "quantizers.uniform.step_rel=0.7")
        changed = differences(repository, "two", "coarse")
        size = changed["surp.uniform.sparsity 0.8.bytes"]
        assert size["new"] < size["old"]
        assert "dense.dense_accuracy" not in changed
    finally:
        repository.git("checkout", "--quiet", "--", ".")
        repository.dvc("checkout", "--force")
    assert repository.contents("**/*") == history.two


def test_an_experiment_in_a_folder_of_its_own_reuses_what_is_built_and_leaves_the_workspace_alone(history):
    repository = history.repository
    said = repository.dvc("exp", "run", "--temp", "--name", "half", "-S", "suites.tiny.methods=[surp]")
    ran = set(re.findall(r"^Job \d+: (\w+)", said, re.MULTILINE))
    assert ran == {"collect", "metrics", "compressed", "layers", "table", "figure", "report", "figures"}  # no training
    assert repository.contents("**/*") == history.two
    assert {key.split(".")[0] for key in differences(repository, "two", "half")} == {"global_magnitude"}


def test_a_killed_repro_is_repaired_by_running_again(fresh_repository):
    repository = fresh_repository()
    run = repository.start("dvc", "repro", "data")
    stage = wait_for(lambda: stage_of(run.pid, "data"))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    with contextlib.suppress(psutil.NoSuchProcess):
        stage.wait(60)
    assert list((repository.folder / ".snakemake/locks").iterdir()), "Snakemake's lock was not there"
    repository.dvc("repro", "data")
    assert repository.contents("data/pictures/*.safetensors").keys() == {
        "results/data/pictures/train.safetensors",
        "results/data/pictures/test.safetensors",
    }
    assert "up to date" in repository.dvc("status", "data")


def differences(repository, before, after):
    """What `dvc metrics diff` says about two versions: metric to old and new value."""
    return json.loads(repository.dvc("metrics", "diff", before, after, "--json"))["results/metrics.json"]


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
            if command[2:3] == [name] and command[1].endswith("/surp"):
                return child
    return None
