"""What becomes of a training that diverges: it is begun anew with half the learning rate, the same for every method.

What diverged is remembered in a hidden file beside the output until the training is done. A command that is given once
more, as by Snakemake's retries, goes on where the last one ended, and what has diverged to the last restart ends at
once: the same training would end the same way. Other data, parameters, seed, code or torch are another training.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import torch

from surp import files
from surp.errors import DivergedError
from surp.models import get_state
from surp.tensors.safetensors_file import write_state
from surp.train.loop import Trained, Trainer
from surp.train.recipe import Recipe
from surp.train.session import checkpoint_path

_CODE = ("train", "models", "prune", "sparse_training")
"""Folders of the package whose code decides what a training does."""


class Diverged(TypedDict):
    """One attempt that diverged: what it was, how long it took, and what it said."""

    identity: str
    seconds: float
    error: str


@contextmanager
def trained_weights(
    begin: Callable[[Recipe, Path], Trainer], recipe: Recipe, output: Path
) -> Iterator[tuple[Trained, Trainer]]:
    """`train`, with the output locked, and write the weights. What a training leaves behind is forgotten at the end of
    the block, so after the block has written what belongs to them."""
    with files.locked(output):
        trained, trainer = train(begin, recipe, output)
        write_state(output, get_state(trainer.model), {"surp.kind": "weights"})
        yield trained, trainer
        files.remove(checkpoint_path(output))
        files.remove(memory_path(output))


def train(begin: Callable[[Recipe, Path], Trainer], recipe: Recipe, output: Path) -> tuple[Trained, Trainer]:
    """Train what `begin` makes of a recipe and the path of a checkpoint; returns the trainer of the last attempt too.

    `begin` has to make the same network every time. Seconds are those of all attempts, also of commands that were
    killed, up to their last checkpoint. Raises `DivergedError` when `recipe.restarts` are used up.
    """
    memory = memory_path(output)
    diverged: list[Diverged] = []
    for attempt in range(recipe.restarts + 1):
        rate = recipe.learning_rate / 2**attempt
        trainer = begin(recipe.model_copy(update={"learning_rate": rate}), checkpoint_path(output))
        known = _remembered(memory, trainer)
        if known is None:
            try:
                trained = trainer.run()
            except DivergedError as error:
                known = Diverged(identity=_identity(trainer), seconds=trainer.seconds, error=str(error))
                files.write_json(memory, [*diverged, known])
                files.remove(trainer.checkpoint)
                following = f"; begun anew with learning rate {rate / 2:g}" if attempt < recipe.restarts else ""
                print(f"{error}{following}", file=sys.stderr, flush=True)
            else:
                seconds = trained.seconds + sum(one["seconds"] for one in diverged)
                return replace(trained, seconds=seconds, restarts=attempt), trainer
        diverged.append(known)
    told = f"{diverged[-1]['error']}; {recipe.restarts} restarts, each at half the learning rate, did not help"
    raise DivergedError(f"{told}. Not tried again unless its data, parameters or code change or {memory} is removed")


def memory_path(output: Path) -> Path:
    """Where it stands which attempts diverged: beside `output`, hidden, no declared output of any rule."""
    return output.with_name(f".{output.stem}.diverged")


def _remembered(memory: Path, trainer: Trainer) -> Diverged | None:
    """What is known of this attempt, if it has diverged before."""
    if not memory.is_file():
        return None
    identity = _identity(trainer)
    found: Diverged | None = next((one for one in files.read_json(memory) if one["identity"] == identity), None)
    return found


def _identity(trainer: Trainer) -> str:
    """What decides whether a training diverges."""
    folder = Path(__file__).parents[1]
    code = [files.digest(path) for name in _CODE for path in sorted((folder / name).rglob("*.py"))]
    words = [trainer.fingerprint, trainer.batches.device.type, torch.__version__, code]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
