"""Training: learns, keeps zeros, resumes to the same weights after a kill."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import threading
import time

import numpy as np
import pytest

import forked
from surp.errors import DivergedError, ParameterError, WeightsError
from surp.machine import machine
from surp.stages.evaluate import evaluate
from surp.stages.finetune import finetune
from surp.stages.pretrain import pretrain
from surp.tensors.safetensors_file import read_state, write_state
from surp.train import loop
from surp.train.checkpoint import write_training
from surp.train.restart import memory_path
from surp.train.session import pick_device

pytestmark = pytest.mark.trains
SETTINGS = ["epochs=3", "batch_size=32", "learning_rate=0.05"]


@pytest.fixture(scope="module")
def dense(splits, tmp_path_factory):
    path = tmp_path_factory.mktemp("dense") / "dense.safetensors"
    pretrain_anew(splits, path, metrics=path.with_suffix(".json"))
    return path


def pretrain_anew(splits, output, **more):
    """The training of `dense`: 3 epochs of 10 batches. On the CPU, so that it can go on in a fork."""
    pretrain(splits[0], "lenet300_100", output, SETTINGS, validation=100, device="cpu", **more)


def test_training_learns_and_records_what_it_did(dense):
    record = json.loads(dense.with_suffix(".json").read_text())
    assert record["dense_val_accuracy"] > 0.9
    assert record["seconds_train"] > 0
    assert (record["dataset"], record["model"], record["seed"]) == ("pictures", "lenet300_100", 0)
    assert sorted(p.name for p in dense.parent.iterdir()) == ["dense.json", "dense.safetensors"]


def test_the_same_seed_gives_the_same_weights(dense, splits, tmp_path):
    pretrain_anew(splits, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == dense.read_bytes()


def assert_killed_then_resumed(dense, splits, output, capfd):
    """A fork that trains is ended by SIGKILL in its last epoch; the same command then does what is left."""
    assert forked.run(lambda: pretrain_anew(splits, output)) == -signal.SIGKILL
    assert not output.exists()
    capfd.readouterr()
    pretrain_anew(splits, output)
    assert "resuming after epoch 2/3" in capfd.readouterr().err
    assert output.read_bytes() == dense.read_bytes()
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_a_run_killed_after_an_epoch_ends_with_the_weights_of_an_uninterrupted_one(
    dense, splits, tmp_path, monkeypatch, capfd
):
    forked.killed_after_epoch(2, monkeypatch)
    assert_killed_then_resumed(dense, splits, tmp_path / "weights.safetensors", capfd)


def test_a_run_killed_at_any_moment_ends_with_the_same_weights(dense, splits, tmp_path, monkeypatch, capfd):
    """By a clock that runs beside the training: the last epoch would take ten times as long."""
    parent, epoch, loss = os.getpid(), loop.Trainer._epoch, loop.Trainer._loss

    def killed_by_a_clock(self, number, batch, stopping):
        if number == 2 and os.getpid() != parent:
            monkeypatch.setattr(loop.Trainer, "_loss", slow)
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return epoch(self, number, batch, stopping)

    def slow(self, images, labels):
        time.sleep(0.05)
        return loss(self, images, labels)

    monkeypatch.setattr(loop.Trainer, "_epoch", killed_by_a_clock)
    assert_killed_then_resumed(dense, splits, tmp_path / "weights.safetensors", capfd)


@pytest.mark.parametrize("batch", [1, 10, 14, 30])
def test_sigterm_writes_a_checkpoint_after_the_batch_and_nothing_is_trained_twice(
    dense, splits, tmp_path, monkeypatch, capfd, batch
):
    """10 batches an epoch; the last of an epoch is an end like any other."""
    output, loss, trained = tmp_path / "weights.safetensors", loop.Trainer._loss, []

    def stopped(self, images, labels):
        trained.append(len(images))
        if len(trained) == batch:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss(self, images, labels)

    monkeypatch.setattr(loop.Trainer, "_loss", stopped)
    with pytest.raises(SystemExit) as ended:
        pretrain_anew(splits, output)
    assert ended.value.code == 128 + signal.SIGTERM
    assert not output.exists()
    more = f" and {batch % 10} of 10 batches" if batch % 10 else ""
    assert f"SIGTERM: stopped after epoch {batch // 10}{more};" in capfd.readouterr().err
    assert len(trained) == batch
    pretrain_anew(splits, output)
    assert "resuming after epoch" in capfd.readouterr().err
    assert len(trained) == 3 * 10
    assert output.read_bytes() == dense.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["weights.safetensors"]


def test_a_checkpoint_of_another_recipe_is_not_resumed(dense, splits, tmp_path, capfd):
    from surp.train.checkpoint import write_training

    output = tmp_path / "weights.safetensors"
    write_training(output.with_name(".weights.checkpoint"), {"fingerprint": "of another", "epoch": 2})
    pretrain(splits[0], "lenet300_100", output, SETTINGS, validation=100)
    assert "of another training; training starts anew" in capfd.readouterr().err
    assert output.read_bytes() == dense.read_bytes()


def test_a_damaged_checkpoint_is_told_and_training_starts_anew(dense, splits, tmp_path, capfd):
    output = tmp_path / "weights.safetensors"
    output.with_name(".weights.checkpoint").write_bytes(b"PK damaged")
    pretrain(splits[0], "lenet300_100", output, SETTINGS, validation=100)
    assert "cannot be read" in capfd.readouterr().err
    assert output.read_bytes() == dense.read_bytes()


@pytest.mark.parametrize("distillation", [0.0, 0.5])
def test_zeros_stay_zeros_and_survivors_learn(dense, splits, tmp_path, distillation):
    state, _ = read_state(dense)
    weight = state["fc1.weight"]
    weight[np.abs(weight) < np.quantile(np.abs(weight), 0.9)] = 0
    write_state(tmp_path / "pruned.safetensors", state)
    finetune(
        tmp_path / "pruned.safetensors",
        splits[0],
        "lenet300_100",
        tmp_path / "tuned.safetensors",
        [*SETTINGS, f"distillation={distillation}"],
        teacher=dense if distillation else None,
        validation=100,
    )
    tuned, _ = read_state(tmp_path / "tuned.safetensors")
    np.testing.assert_array_equal(tuned["fc1.weight"] == 0, weight == 0)
    assert not np.array_equal(tuned["fc1.weight"], weight)


def test_no_epochs_leave_the_weights_as_they_were(dense, splits, tmp_path):
    finetune(dense, splits[0], "lenet300_100", tmp_path / "same.safetensors", ["epochs=0"], validation=100)
    assert (tmp_path / "same.safetensors").read_bytes() == dense.read_bytes()


def test_bfloat16_trains_too(splits, tmp_path):
    plain = tmp_path / "float32.safetensors"
    pretrain(splits[0], "lenet5_caffe", plain, ["epochs=1", "batch_size=32"], validation=100)
    pretrain(
        splits[0],
        "lenet5_caffe",
        tmp_path / "w.safetensors",
        ["epochs=1", "batch_size=32", "precision=bfloat16"],
        validation=100,
        metrics=tmp_path / "w.json",
    )
    assert (tmp_path / "w.safetensors").read_bytes() != plain.read_bytes()
    state, _ = read_state(tmp_path / "w.safetensors")
    assert {value.dtype for value in state.values()} == {np.dtype(np.float32)}


DIVERGES = ["epochs=2", "batch_size=32", "restarts=10", "learning_rate=64"]


@pytest.fixture(scope="module")
def restarted(splits, tmp_path_factory):
    """A training that diverged a few times: its weights, the learning rates it was begun anew with, its record."""
    path = tmp_path_factory.mktemp("restarted") / "weights.safetensors"
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        pretrain(splits[0], "lenet5_caffe", path, DIVERGES, validation=100, metrics=path.with_suffix(".json"))
    rates = re.findall(r"begun anew with learning rate (\S+)", told.getvalue())
    return path, rates, json.loads(path.with_suffix(".json").read_text())


def test_a_training_that_diverges_is_begun_anew_with_half_the_learning_rate(restarted, splits, tmp_path, capsys):
    path, rates, record = restarted
    assert [float(rate) for rate in rates] == [64 / 2**k for k in range(1, len(rates) + 1)]
    assert rates
    assert record["restarts"] == len(rates)
    given = [*DIVERGES[:-1], f"learning_rate={rates[-1]}"]
    once = tmp_path / "once.safetensors"
    pretrain(splits[0], "lenet5_caffe", once, given, validation=100, metrics=tmp_path / "once.json")
    assert "begun anew" not in capsys.readouterr().err
    assert path.read_bytes() == once.read_bytes()
    assert json.loads((tmp_path / "once.json").read_text())["restarts"] == 0
    assert sorted(one.name for one in path.parent.iterdir()) == ["weights.json", "weights.safetensors"]


def test_a_restarted_training_that_was_killed_goes_on_and_counts_the_time_of_all_attempts(
    restarted, splits, tmp_path, monkeypatch, capsys
):
    path, rates, record = restarted
    output = tmp_path / "b.safetensors"

    def killed_after_writing(path, content):
        write_training(path, content)
        if content["epoch"] == 1 and len(json.loads(memory_path(output).read_text())) == len(rates):
            raise KeyboardInterrupt

    epochs = iter(range(1000, 9000))  # a clock that ticks once a look: an epoch takes a second
    monkeypatch.setattr(loop.time, "perf_counter", lambda: float(next(epochs)))
    monkeypatch.setattr(loop, "write_training", killed_after_writing)
    with pytest.raises(KeyboardInterrupt):
        pretrain(splits[0], "lenet5_caffe", output, DIVERGES, validation=100)
    monkeypatch.setattr(loop, "write_training", write_training)
    capsys.readouterr()
    pretrain(splits[0], "lenet5_caffe", output, DIVERGES, validation=100, metrics=tmp_path / "b.json")
    shown = capsys.readouterr().err
    assert "resuming after epoch 1/2" in shown
    assert "begun anew" not in shown
    assert path.read_bytes() == output.read_bytes()
    again = json.loads((tmp_path / "b.json").read_text())
    assert again["restarts"] == record["restarts"] == len(rates)
    # Every attempt that diverged took an epoch or two; the one that did not took two, one of them before the kill.
    assert again["seconds_train"] >= len(rates) + 2


def test_a_training_that_diverges_to_the_last_restart_is_not_repeated(splits, tmp_path, monkeypatch):
    output = tmp_path / "w.safetensors"
    given = ["epochs=1", "learning_rate=1e15", "restarts=1"]
    arguments = (splits[0], "lenet300_100", output, given)
    trained = []
    epoch = loop.Trainer._epoch
    monkeypatch.setattr(loop.Trainer, "_epoch", lambda self, *more: trained.append(self.recipe) or epoch(self, *more))
    with pytest.raises(DivergedError, match=r"diverged in epoch 1 .*lower learning_rate; 1 restarts") as first:
        pretrain(*arguments, validation=100)
    assert len(trained) == 2
    with pytest.raises(DivergedError) as second:
        pretrain(*arguments, validation=100)
    assert str(second.value) == str(first.value)
    assert len(trained) == 2, "it was trained again"
    assert not output.exists()
    with pytest.raises(DivergedError):
        pretrain(*arguments, validation=100, seed=1)
    assert len(trained) == 4, "another training was refused"


def test_a_training_records_the_machine_it_was_made_on(dense, splits, tmp_path):
    record = json.loads(dense.with_suffix(".json").read_text())
    assert record["train_device"] in ("cpu", "cuda")
    assert record["train_machine"] == machine(pick_device(record["train_device"]))
    earlier = {**record, "train_machine": "an abacus"}
    (tmp_path / "dense.json").write_text(json.dumps(earlier))
    tuned = {}
    for epochs in (0, 1):
        finetune(
            dense,
            splits[0],
            "lenet300_100",
            tmp_path / "tuned.safetensors",
            [f"epochs={epochs}"],
            validation=100,
            record=tmp_path / "dense.json",
            metrics=tmp_path / "tuned.json",
            device=record["train_device"],
        )
        tuned[epochs] = json.loads((tmp_path / "tuned.json").read_text())["train_machine"]
    assert tuned == {0: "an abacus", 1: f"an abacus; {record['train_machine']}"}


def test_weights_of_another_network_are_refused_by_name(dense, splits, tmp_path):
    with pytest.raises(WeightsError, match=r"dense\.safetensors: lacks the tensors conv1\.bias"):
        finetune(dense, splits[0], "lenet5_caffe", tmp_path / "w.safetensors", ["epochs=1"], validation=100)


def test_distillation_needs_a_teacher(dense, splits, tmp_path):
    with pytest.raises(ParameterError, match="needs --teacher"):
        finetune(dense, splits[0], "lenet300_100", tmp_path / "w.safetensors", ["distillation=0.5"], validation=100)


def test_a_gpu_that_is_not_there_is_told(splits, tmp_path):
    import torch

    if torch.cuda.is_available():  # the other half of the claim: a GPU that is there is used
        pretrain(splits[0], "lenet300_100", tmp_path / "w.safetensors", SETTINGS, validation=100, device="cuda")
        return
    with pytest.raises(ParameterError, match="a GPU was asked for, but torch sees no GPU"):
        evaluate([tmp_path / "w.safetensors"], "lenet300_100", splits[1], tmp_path / "rows.json", device="cuda")
    with pytest.raises(ParameterError, match="a GPU was asked for, but torch sees no GPU"):
        pretrain(splits[0], "lenet300_100", tmp_path / "w.safetensors", SETTINGS, validation=100, device="cuda")
