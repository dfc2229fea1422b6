"""The training loop of `pretrain` and `finetune`: one epoch at a time, resumable after a kill at any moment.

What a batch does depends on the weights, the optimizer's state, the seed and the numbers of epoch and batch only (the
order of the images is a function of seed and epoch), so a resumed run ends with the weights of an uninterrupted one.
A checkpoint is written after each epoch, and after the batch in which SIGTERM comes.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from surp.errors import DivergedError
from surp.train.accuracy import score
from surp.train.checkpoint import read_training, write_training
from surp.train.distillation import Teacher
from surp.train.interrupt import EXIT_CODE, sigterm_noticed
from surp.train.masks import ChangingMasks, Masks
from surp.train.recipe import Recipe
from surp.train.session import Session


@dataclass(frozen=True)
class Trained:
    """What came out: accuracy and nll on the validation split, seconds of training (all attempts together), and how
    often it was begun anew because it diverged."""

    accuracy: float
    nll: float
    seconds: float
    restarts: int = 0


@dataclass
class Trainer:
    """One training run on the data of `session`. recipe: that of this attempt; checkpoint: path of the file to resume
    from; identity: what else than the data tells this training from others, so that a checkpoint of another one is
    never resumed; masks: per parameter, 1 where it may live and 0 where it stays zero; teacher: for distillation;
    sparse: masks that change on the way, for a training from scratch."""

    session: Session
    model: nn.Module
    recipe: Recipe
    checkpoint: Path
    identity: str
    masks: Masks | None = None
    teacher: Teacher | None = None
    sparse: ChangingMasks | None = None

    def __post_init__(self) -> None:
        recipe = self.recipe
        self.batches, self.validation = self.session.batches, self.session.validation
        self.steps = recipe.epochs * self.batches.count
        self.seconds = 0.0
        self.optimizer = torch.optim.SGD(
            self.model.parameters(),
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=recipe.nesterov and recipe.momentum > 0,
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            max_lr=recipe.learning_rate,
            total_steps=max(self.steps, 1),
            pct_start=recipe.warmup,
            cycle_momentum=False,
        )
        parameters = dict(self.model.named_parameters())
        masks = self.sparse.masks if self.sparse else self.masks or {}
        self.masked = [(parameters[name], mask) for name, mask in masks.items() if name in parameters]
        identity = f"{self.session.identity} {self.identity}"
        words = json.dumps([recipe.settings(), identity, sorted(parameters)], sort_keys=True)
        self.fingerprint = hashlib.sha256(words.encode()).hexdigest()

    def run(self, log: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)) -> Trained:
        """Train to the last epoch and score on the validation split. The checkpoint is left to the caller.

        On SIGTERM write a checkpoint after the batch at hand and exit with the code of that signal.
        """
        epoch, batch, self.seconds = self._resume(log)
        self._apply_masks()
        with sigterm_noticed() as stopping:
            while epoch < self.recipe.epochs:
                start = time.perf_counter()
                try:
                    loss, batch = self._epoch(epoch, batch, stopping)
                finally:
                    self.seconds += time.perf_counter() - start
                if batch == self.batches.count:
                    epoch, batch = epoch + 1, 0
                self._save(epoch, batch, self.seconds)
                if stopping():
                    log(f"SIGTERM: stopped after epoch {epoch}{self._more(batch)}; the same command goes on from there")
                    raise SystemExit(EXIT_CODE)
                accuracy, _ = score(self.model, self.validation)
                log(
                    f"epoch {epoch}/{self.recipe.epochs}  loss {loss:.4f}  validation {accuracy:.4f}  "
                    f"{time.perf_counter() - start:.1f} s"
                )
        accuracy, nll = score(self.model, self.validation)
        return Trained(accuracy, nll, self.seconds)

    def _epoch(self, epoch: int, first: int, stopping: Callable[[], bool]) -> tuple[float, int]:
        """Train on the batches from `first` on; returns their mean loss, and how many batches are done.

        Where the masks change, that takes the place of the step (Evci et al., arXiv 1911.11134, algorithm 1).
        """
        self.model.train()
        total = torch.zeros((), device=self.batches.device)
        done = first
        for images, labels in self.batches.epoch(epoch, first):
            with self._autocast():
                loss = self._loss(images, labels)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            step = epoch * self.batches.count + done
            if not (self.sparse and self.sparse.update(self.optimizer, step, self.steps)):
                self.optimizer.step()
            self.schedule.step()
            self._apply_masks()
            total += loss.detach()
            done += 1
            if stopping():
                break
        mean = float(total) / (done - first)
        if not mean < float("inf"):
            raise DivergedError(f"training diverged in epoch {epoch + 1} (loss {mean}); lower learning_rate")
        return mean, done

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        logits = self.model(images)
        loss = functional.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        return self.teacher.distilled(loss, images, logits) if self.teacher else loss

    def _autocast(self) -> torch.autocast:
        lower = self.recipe.precision == "bfloat16"
        return torch.autocast(self.batches.device.type, dtype=torch.bfloat16, enabled=lower)

    @torch.no_grad()
    def _apply_masks(self) -> None:
        for parameter, mask in self.masked:
            parameter.mul_(mask)

    def _save(self, epoch: int, batch: int, seconds: float) -> None:
        content = {
            "fingerprint": self.fingerprint,
            "epoch": epoch,
            "batch": batch,
            "seconds": seconds,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "masks": self.sparse.masks if self.sparse else {},
        }
        write_training(self.checkpoint, content)

    def _resume(self, log: Callable[[str], None]) -> tuple[int, int, float]:
        """Whole epochs that are done, batches of the next one, and the seconds that all took."""
        content = read_training(self.checkpoint, self.fingerprint)
        if content is None:
            return 0, 0, 0.0
        epoch, batch = int(content["epoch"]), int(content.get("batch", 0))
        self.model.load_state_dict(content["model"])
        self.optimizer.load_state_dict(content["optimizer"])
        if self.sparse:
            self.sparse.load(content["masks"])
        self.schedule.last_epoch = epoch * self.batches.count + batch
        log(f"resuming after epoch {epoch}/{self.recipe.epochs}{self._more(batch)} from {self.checkpoint}")
        return epoch, batch, float(content["seconds"])

    def _more(self, batch: int) -> str:
        return f" and {batch} of {self.batches.count} batches" if batch else ""
