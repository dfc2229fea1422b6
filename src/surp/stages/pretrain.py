from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Device, Metrics, Model, Output, Seed, Settings, Validation
from surp.command_line.options import parse_settings, refuse_without, say


def pretrain(
    train: Annotated[Path, typer.Argument(help="Training split, as written by `surp data`.")],
    model: Model,
    output: Output,
    settings: Settings = None,
    recipe: Annotated[str, typer.Option(help="Name of the recipe, for the record.")] = "",
    seed: Seed = 0,
    validation: Validation = 5000,
    device: Device = "auto",
    metrics: Metrics = None,
) -> None:
    """Train a network from scratch; resumes from its own checkpoint after a kill at any moment.

    Example: surp pretrain train.safetensors --model lenet300_100 --seed 0 --set epochs=15 -o dense.safetensors
    """
    refuse_without(metrics, recipe=recipe)
    from surp.records.section import write_record
    from surp.records.training import PretrainColumns, TrainingColumns
    from surp.train.loop import Trainer
    from surp.train.recipe import Recipe
    from surp.train.record import training_columns
    from surp.train.restart import trained_weights
    from surp.train.session import open_network, open_session

    parameters = Recipe.parse(parse_settings(settings), "recipes")

    def begin(training: Recipe, checkpoint: Path) -> Trainer:
        session = open_session(train, validation, seed, device, training)
        network = open_network(model, session.info, session.device)
        return Trainer(session, network, training, checkpoint, model)

    with trained_weights(begin, parameters, output) as (trained, trainer):
        if metrics:
            dataset = trainer.batches.info.name
            network = PretrainColumns(
                dataset=dataset, model=model, seed=seed, recipe=recipe, dense_val_accuracy=trained.accuracy
            )
            training = training_columns(TrainingColumns(), parameters.epochs, trained, trainer.batches.device)
            write_record(metrics, {}, network, training)
    say(f"validation accuracy {trained.accuracy:.4f} after {trained.seconds:.1f} s of training -> {output}")
