"""Training: learns, keeps zeros, resumes to the same weights after a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time

import forked
import numpy as np
import pytest

from surp.errors import ParameterError, SurpError, WeightsError
from surp.layout import read_state, write_state
from surp.stages.finetune import finetune
from surp.stages.pretrain import pretrain
from surp.train import loop
from surp.train.checkpoint import write_checkpoint

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
    parent, save = os.getpid(), loop.Trainer._save

    def killed_after_saving(self, epoch, batch, seconds):
        save(self, epoch, batch, seconds)
        if epoch == 2 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(loop.Trainer, "_save", killed_after_saving)
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
    from surp.train.checkpoint import write_checkpoint

    output = tmp_path / "weights.safetensors"
    write_checkpoint(output.with_name(".weights.checkpoint"), {"fingerprint": "of another", "epoch": 2})
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


def test_a_training_that_diverges_is_begun_anew_with_half_the_learning_rate(splits, tmp_path, capsys):
    given = ["epochs=2", "batch_size=32", "restarts=10"]
    many, once = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    pretrain(splits[0], "lenet5_caffe", many, [*given, "learning_rate=64"], validation=100)
    rates = re.findall(r"begun anew with learning rate (\S+)", capsys.readouterr().err)
    assert [float(rate) for rate in rates] == [64 / 2**k for k in range(1, len(rates) + 1)]
    assert rates
    pretrain(splits[0], "lenet5_caffe", once, [*given, f"learning_rate={rates[-1]}"], validation=100)
    assert "begun anew" not in capsys.readouterr().err
    assert many.read_bytes() == once.read_bytes()
    assert not list(tmp_path.glob(".*checkpoint*"))


def test_a_restarted_training_that_was_killed_goes_on_with_its_learning_rate(splits, tmp_path, monkeypatch, capsys):
    given = ["epochs=2", "batch_size=32", "restarts=10", "learning_rate=64"]
    pretrain(splits[0], "lenet5_caffe", tmp_path / "a.safetensors", given, validation=100)
    rates = re.findall(r"begun anew with learning rate (\S+)", capsys.readouterr().err)

    def killed_after_writing(path, content):
        write_checkpoint(path, content)
        if content["epoch"] == 1 and path.suffix == f".{len(rates)}":
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "write_checkpoint", killed_after_writing)
    with pytest.raises(KeyboardInterrupt):
        pretrain(splits[0], "lenet5_caffe", tmp_path / "b.safetensors", given, validation=100)
    monkeypatch.undo()
    capsys.readouterr()
    pretrain(splits[0], "lenet5_caffe", tmp_path / "b.safetensors", given, validation=100)
    shown = capsys.readouterr().err
    assert "resuming after epoch 1/2" in shown
    assert "begun anew" not in shown
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_diverging_training_says_so(splits, tmp_path):
    with pytest.raises(SurpError, match=r"diverged in epoch 1 .*lower learning_rate"):
        pretrain(
            splits[0], "lenet300_100", tmp_path / "w.safetensors", ["epochs=1", "learning_rate=1e9"], validation=100
        )
    assert not (tmp_path / "w.safetensors").exists()


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
    with pytest.raises(ParameterError, match="torch sees no GPU"):
        pretrain(splits[0], "lenet300_100", tmp_path / "w.safetensors", SETTINGS, validation=100, device="cuda")
