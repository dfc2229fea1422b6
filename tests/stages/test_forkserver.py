"""A fork of the server does what the command does: files, streams, exit codes, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from surp.forkserver import launch
from surp.provenance.sources import on_disk
from surp.tensors.safetensors_file import write_state

pytestmark = [pytest.mark.processes, pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")]


def wait_for(condition, what, seconds=300.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running server: its socket, which stays short as sockets must, and its process."""
    folder = tmp_path_factory.mktemp("fs")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "surp", "forkserver", "socket"], cwd=folder, stdin=subprocess.PIPE, stderr=log
        )
    wait_for(lambda: (folder / "socket").exists() or process.poll() is not None, "listening")
    assert process.poll() is None, (folder / "log").read_text()
    yield folder / "socket", process
    process.stdin.close()
    process.wait(300)


@pytest.fixture
def plain_surp(tmp_path):
    """An environment in which the command `surp` only says that it was called."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "surp"
    program.write_text('#!/bin/sh\necho "plain $*"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}


def command(socket, *words):
    return [*launch.client_command(socket), *map(str, words)]


def run(socket, *words, **options):
    return subprocess.run(command(socket, *words), text=True, capture_output=True, check=False, **options)


@pytest.fixture
def weights(tmp_path):
    write_state(tmp_path / "w.safetensors", {"fc": np.random.default_rng(0).laplace(0, 1, (40, 50)).astype(np.float32)})
    return tmp_path / "w.safetensors"


def test_a_fork_writes_and_says_what_the_command_does(server, weights, tmp_path):
    words = ("encode", "w.safetensors", "-o")
    forked = run(server[0], *words, "a.surp", cwd=tmp_path)
    plain = subprocess.run(
        [sys.executable, "-m", "surp", *words, "b.surp"], cwd=tmp_path, text=True, capture_output=True, check=True
    )
    assert forked.returncode == 0
    assert forked.stderr == plain.stderr.replace("b.surp", "a.surp")
    assert (tmp_path / "a.surp").read_bytes() == (tmp_path / "b.surp").read_bytes()


def test_a_mistake_is_one_line_and_the_commands_exit_code(server, tmp_path):
    failed = run(server[0], "info", "missing.surp", cwd=tmp_path)
    assert failed.returncode == 1
    assert failed.stderr == "surp: error: missing.surp: no such file\n"
    assert run(server[0], "info", "--no-such-option").returncode == 2


def test_a_fork_of_other_code_than_was_planned_stops(server):
    failed = run(server[0], "--code", "0123456789abcdef:stages.info:", "version")
    assert failed.returncode == 1
    assert "the code of stages.info changed after the workflow was planned" in failed.stderr
    planned = on_disk().digest("stages.info")
    assert run(server[0], "--code", f"{planned}:stages.info:", "version").returncode == 0


def test_the_child_has_the_clients_environment(server, tmp_path):
    inside = {**os.environ, "SURP_DATA": str(tmp_path / "nowhere")}
    split = ("--train", "a.safetensors", "--test", "b.safetensors", "--kind", "image_folder", "--set", "path=pictures")
    failed = run(server[0], "data", "mine", *split, env=inside, cwd=tmp_path)
    assert failed.returncode == 1
    assert str(tmp_path / "nowhere") in failed.stderr


@pytest.fixture
def training(server, splits, tmp_path):
    """A client that trains for minutes, past its first epoch."""
    words = ("pretrain", splits[0], "--model", "lenet300_100", "--validation", 100, "--set", "epochs=10000")
    client = subprocess.Popen(command(server[0], *words, "-o", tmp_path / "dense.safetensors"), stderr=subprocess.PIPE)
    wait_for((tmp_path / ".dense.checkpoint").exists, "the first checkpoint")
    return client


@pytest.mark.trains
def test_a_signal_to_the_client_reaches_the_stage(training, tmp_path):
    training.send_signal(signal.SIGTERM)
    assert training.wait(300) == 128 + signal.SIGTERM
    assert b"the same command goes on from there" in training.stderr.read()


@pytest.mark.trains
def test_a_stage_ends_with_its_client(server, training):
    stages = psutil.Process(server[1].pid).children()
    assert len(stages) == 1
    training.kill()
    assert psutil.wait_procs(stages, 300)[1] == []


def test_without_a_server_the_client_is_the_command(tmp_path, plain_surp):
    assert run(tmp_path / "none", "info", "x.surp", env=plain_surp).stdout == "plain info x.surp\n"


def test_a_job_of_several_threads_is_not_forked(server, plain_surp):
    assert run(server[0], "info", env={**plain_surp, "OMP_NUM_THREADS": "2"}).stdout == "plain info\n"
    assert "plain" not in run(server[0], "info", env=plain_surp).stdout


@pytest.mark.trains
def test_the_server_ends_with_its_input_after_the_stages(splits, tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-m", "surp", "forkserver", "socket"], cwd=tmp_path, stdin=subprocess.PIPE
    )
    wait_for((tmp_path / "socket").exists, "listening")
    words = ("pretrain", splits[0], "--model", "lenet300_100", "--validation", 100, "--set", "epochs=20")
    stage = subprocess.Popen(command("socket", *words, "-o", "dense.safetensors"), cwd=tmp_path)
    wait_for((tmp_path / ".dense.safetensors.lock").exists, "the start of the stage")
    server.stdin.close()
    assert stage.wait(300) == 0
    assert server.wait(300) == 0
    assert (tmp_path / "dense.safetensors").exists()
    assert not (tmp_path / "socket").exists()
