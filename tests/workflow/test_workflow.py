"""The real workflow on a tiny suite: complete, honest, idle when nothing changed, and repairable after kills."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from surp.records.columns import COLUMNS

pytestmark = pytest.mark.workflow


def table(project):
    with (project.folder / "results/summary.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_every_combination_has_a_row_and_its_bytes_are_those_on_disk(built):
    rows = table(built)
    axes = {(row["method"], row["round"], row["quantizer"], row["coder"]) for row in rows}
    # Three methods, two rounds, two quantizers; three more files of the second round.
    assert len(rows) == len(axes) == 3 * (2 * 2 + 3)
    assert tuple(rows[0]) == COLUMNS
    for row in rows:
        file = (built.folder / row["file"]).with_name("model.surp")
        assert int(row["bytes"]) == file.stat().st_size
        assert float(row["bits_per_weight"]) == pytest.approx(8 * file.stat().st_size / 266_004)
        assert float(row["ratio"]) == pytest.approx(4 * 266_004 / file.stat().st_size)
        assert float(row["sparsity"]) >= float(row["target_sparsity"]) - 1e-5
        assert float(row["accuracy"]) > 0.5


def test_figures_and_tables_of_the_suite_are_those_shown_last(built):
    results = built.folder / "results"
    assert (results / "summary.csv").read_bytes() == (results / "tiny/summary.csv").read_bytes()
    drawn = sorted(path.name for path in (results / "tiny/figures").iterdir() if path.suffix in (".svg", ".png"))
    assert drawn == sorted(path.name for path in (results / "figures").iterdir())
    assert {path.rpartition(".")[0] for path in drawn} >= {
        "accuracy_vs_sparsity",
        "accuracy_vs_bytes",
        "weight_histogram",
        "rate_distortion",
    }


def test_tables_and_the_page_are_there_and_count_the_files(built):
    results = built.folder / "results"
    assert (results / "report.html").read_bytes() == (results / "tiny/report.html").read_bytes()
    page = (results / "report.html").read_text()
    assert "Suite <em>tiny</em>" in page
    assert "learning_rate: 0.05" in page
    assert page.count("data:image/svg+xml") == len(list((results / "tiny/figures").glob("*.svg")))
    assert {path.suffix for path in (results / "tiny/tables").glob("accuracy.*")} >= {".csv", ".md", ".html"}
    breakdown = json.loads((results / "tiny/breakdown.json").read_text())
    assert breakdown
    for row in breakdown:
        assert sum(row["parts"].values()) == row["bytes"] == Path(built.folder / row["file"]).stat().st_size
    layers = json.loads((results / "tiny/layers.json").read_text())
    assert len(layers) == 3 * 2
    for row in layers:
        weights = [tensor["nonzero"] for tensor in row["tensors"].values()]
        assert sum(weights) == pytest.approx(266_004 * (1 - row["target_sparsity"]), rel=0.2)


def test_snakemakes_own_report_has_figures_and_tables_with_their_captions(built):
    run = built.snakemake("--report", "snakemake.html")
    assert run.returncode == 0, run.stdout
    page = (built.folder / "snakemake.html").read_text()
    assert "size_front" in page
    assert "Test accuracy by method and sparsity" in page


def test_several_targets_can_be_asked_for_where_nothing_was_built_yet(fresh_project):
    """Snakemake lists the files that are there before the first target; inputs made for the second would be missing."""
    project = fresh_project()
    targets = [
        f"results/tiny/pictures/lenet300_100/seed0/{method}/tiny/round1/weights.safetensors"
        for method in ("surp", "global_magnitude")
    ]
    run = subprocess.run(
        [*project.command("--dry-run")[:-1], *targets],
        cwd=project.folder,
        env=project.environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^prune +2$", run.stdout, re.MULTILINE)


def test_a_second_run_has_nothing_to_do(built):
    assert built.pending() == {}


def test_only_evaluation_is_given_the_test_split(built):
    """On the graph itself: which rules read `test.safetensors`."""
    summary = built.snakemake("--detailed-summary")
    lines = [line.split("\t") for line in summary.stdout.splitlines() if line.count("\t") >= 6]
    header, rows = lines[0], lines[1:]
    assert len({row[header.index("rule")] for row in rows}) >= 10
    readers = {row[header.index("rule")] for row in rows if "test.safetensors" in row[header.index("input-file(s)")]}
    assert readers == {"evaluate", "evaluate_dense"}


def test_a_touched_or_reverted_source_reruns_nothing(built):
    source = built.folder / "src/surp/prune/methods/global_magnitude.py"
    text = source.read_text()
    source.write_text(text + "\nCHANGED = True\n")
    changed = built.pending()
    source.write_text(text)
    assert changed.get("prune") == 2
    assert built.pending() == {}


def test_a_comment_or_docstring_reruns_nothing(built):
    """Of a pruning method, and of what every stage depends on."""
    names = ("prune/methods/global_magnitude.py", "files.py", "errors.py")
    sources = [built.folder / "src/surp" / name for name in names]
    texts = [source.read_text() for source in sources]
    for source, text in zip(sources, texts, strict=True):
        source.write_text(text.replace('"""', '"""Told otherwise. ', 1) + "\n# changed\n")
    try:
        assert built.pending() == {}
    finally:
        for source, text in zip(sources, texts, strict=True):
            source.write_text(text)


def test_an_edited_method_reruns_only_what_depends_on_it(built):
    source = built.folder / "src/surp/prune/methods/global_magnitude.py"
    text = source.read_text()
    source.write_text(text + "\nCHANGED = True\n")
    try:
        pending = built.pending()
    finally:
        source.write_text(text)
    assert {rule: pending[rule] for rule in ("prune", "finetune", "quantize", "encode", "decode", "evaluate")} == {
        "prune": 2,
        "finetune": 2,
        "quantize": 6,
        "encode": 7,
        "decode": 7,
        "evaluate": 2,
    }
    assert not {"data", "pretrain", "evaluate_dense"} & pending.keys()


def test_one_changed_parameter_reruns_only_what_depends_on_it(built):
    tiny = built.folder / "tiny.yaml"
    text = tiny.read_text()
    tiny.write_text(text + "methods:\n  surp: {alpha: 12}\n")
    try:
        pending = built.pending()
    finally:
        tiny.write_text(text)
    assert pending["prune"] == 2
    assert pending["quantize"] == 6
    assert not {"data", "pretrain", "evaluate_dense"} & pending.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("suite: nope\n", "suite: unknown suite 'nope'; allowed: .*tiny"),
        ("methods: {surp: {alpha: -1}}\n", r"methods\.surp\.alpha: .*greater than 0"),
        ("schedules: {tiny: {kind: iterative, sparsities: [1.2]}}\n", r"schedules\.tiny\.sparsities.*1\.2"),
    ],
)
def test_a_wrong_parameter_stops_before_anything_runs(built, tmp_path, text, message):
    (built.folder / "wrong.yaml").write_text(text)
    command = [part for part in built.command("--dry-run") if part != "--"]
    command.insert(command.index("tiny.yaml") + 1, "wrong.yaml")
    command.insert(command.index("wrong.yaml") + 1, "--")
    run = subprocess.run(command, cwd=built.folder, env=built.environment, text=True, capture_output=True, check=False)
    assert run.returncode == 1
    assert re.search(message, run.stdout + run.stderr), run.stdout + run.stderr


def start(project):
    return subprocess.Popen(
        project.command(),
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )


def wait_for(condition, process):
    """The first truthy value of `condition()` while Snakemake runs."""
    deadline = time.monotonic() + 300
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came to that"
        assert process.poll() is None, "Snakemake ended by itself"
        time.sleep(0.05)
    return found


def stage_of(snakemake, name):
    """The process that runs `surp NAME` below Snakemake."""
    for child in psutil.Process(snakemake.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            command = child.cmdline()
            if name in command and "python" in Path(command[0]).name:
                return child
    return None


def test_a_kill_at_any_moment_is_repaired_by_running_again(fresh_project):
    project = fresh_project(methods=["surp"], quantizers=["uniform"], cross=None)

    # A stage is killed: Snakemake says which and stops; nothing is half written.
    run = start(project)
    wait_for(lambda: stage_of(run, "pretrain"), run).kill()
    assert run.wait() == 1
    assert not list(project.folder.glob("results/dense/**/weights.safetensors"))

    # Snakemake itself is killed: its lock stays, and is removed only when its owner is dead.
    run = start(project)
    pruned = project.folder / "results/tiny/pictures/lenet300_100/seed0/surp/tiny/round1/pruned.safetensors"
    wait_for(pruned.exists, run)
    busy = project.surp("unlock")
    assert busy.returncode == 1, "a lock with a live owner was removed"
    assert f"Snakemake is running here (process {run.pid} on " in busy.stderr
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    refused = project.snakemake()
    assert refused.returncode != 0, "the lock of the killed Snakemake was not there"
    assert "locked" in refused.stdout
    assert project.surp("unlock").returncode == 0

    again = project.snakemake("--config", "forkserver=true")
    assert again.returncode == 0, again.stdout
    assert len(table(project)) == 2
    assert project.pending() == {}
    assert not list(project.folder.glob("results/**/.*")), "a half-written file, a lock or a checkpoint was left"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_stages_that_are_forked_write_the_same_files(built, fresh_project):
    """The tiny suite was forked; a part of it is built here by the commands themselves."""
    assert "listening" in (built.folder / ".snakemake" / "forkserver.log").read_text()
    assert not (built.folder / ".snakemake" / "forkserver").exists()
    assert built.pending() == {}
    project = fresh_project(methods=["surp", "rigl"], quantizers=["successive"], cross=None)
    run = project.snakemake(target="compressed")
    assert run.returncode == 0, run.stdout
    files = sorted(path.relative_to(project.folder) for path in project.folder.glob("results/**/model.surp"))
    assert len(files) == 2 * 2
    for file in files:
        assert (project.folder / file).read_bytes() == (built.folder / file).read_bytes(), file


def test_forked_stages_and_conda_exclude_each_other(fresh_project):
    run = fresh_project().snakemake("--dry-run", "--use-conda", "--config", "forkserver=true")
    assert run.returncode != 0
    assert "leave one out" in run.stdout
