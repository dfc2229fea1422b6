"""What becomes of a training that diverges: it is begun anew with half the learning rate, the same for every method."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from surp import files
from surp.errors import DivergedError
from surp.train.loop import Trained, Trainer
from surp.train.recipe import Recipe
from surp.train.session import checkpoint_path


def train(begin: Callable[[Recipe, Path], Trainer], recipe: Recipe, output: Path) -> tuple[Trained, Trainer]:
    """Train what `begin` makes of a recipe and the path of a checkpoint; returns the trainer of the last attempt too.

    `begin` has to make the same network every time. Each attempt has a checkpoint of its own beside `output`, so that
    one that was killed goes on. Raises `DivergedError` when `recipe.restarts` are used up.
    """
    checkpoints = [checkpoint_path(output, attempt) for attempt in range(recipe.restarts + 1)]
    attempt = max((number for number, path in enumerate(checkpoints) if path.exists()), default=0)
    while True:
        rate = recipe.learning_rate / 2**attempt
        trainer = begin(recipe.model_copy(update={"learning_rate": rate}), checkpoints[attempt])
        try:
            return trainer.run(), trainer
        except DivergedError as error:
            files.remove(checkpoints[attempt])
            if attempt == recipe.restarts:
                raise
            print(f"{error}; begun anew with learning rate {rate / 2:g}", file=sys.stderr, flush=True)
            attempt += 1
