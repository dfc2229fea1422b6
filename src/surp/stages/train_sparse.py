from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surp.command_line.option_types import Device, Metrics, Model, Output, Seed, Settings, Tags, Validation
from surp.command_line.options import parse_settings, refuse_without, say

if TYPE_CHECKING:
    from torch import nn

    from surp.sparse_training.interface import SparseTrainingParameters
    from surp.sparse_training.training import SparseTraining
    from surp.train.session import Session


def train_sparse(
    train: Annotated[Path, typer.Argument(help="Training split, as written by `surp data`.")],
    model: Model,
    method: Annotated[str, typer.Option(help="Pruning method that trains from scratch.")],
    sparsity: Annotated[float, typer.Option(help="Zeros over all weights when training ends, [0, 1).")],
    output: Output,
    settings: Settings = None,
    recipe_settings: Annotated[
        list[str] | None, typer.Option("--recipe-set", metavar="KEY=VALUE", help="A parameter of the training.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="Name of the recipe, for the record.")] = "",
    round_: Annotated[int, typer.Option("--round", min=1, help="Round of the schedule, for the record.")] = 1,
    seed: Seed = 0,
    validation: Validation = 5000,
    device: Device = "auto",
    metrics: Metrics = None,
    tag: Tags = None,
) -> None:
    """Train a sparse network from scratch, its mask chosen and changed on the way. Resumes after a kill.

    Example: surp train-sparse train.safetensors --model lenet300_100 --method rigl --sparsity 0.95 -o w.safetensors
    """
    refuse_without(metrics, recipe=recipe, tag=tag)
    from surp import sparse_training
    from surp.prune import Target
    from surp.records.pruning import PruneColumns
    from surp.records.section import write_record
    from surp.records.training import FinetuneColumns, PretrainColumns, TrainingColumns
    from surp.train.loop import Trainer
    from surp.train.recipe import Recipe
    from surp.train.record import training_columns
    from surp.train.restart import trained_weights
    from surp.train.session import open_network, open_session

    parameters = sparse_training.method(method).Parameters.parse(parse_settings(settings), f"methods.{method}")
    training = Recipe.parse(parse_settings(recipe_settings), "recipes")
    target = Target("sparsity", sparsity)

    def begin(attempt: Recipe, checkpoint: Path) -> Trainer:
        session = open_session(train, validation, seed, device, attempt)
        parameters.check_steps(attempt.epochs * session.batches.count)
        network = open_network(model, session.info, session.device)
        identity = f"{model} {method} {parameters.model_dump_json()} {target}"
        masks = _masks(network, method, parameters, sparsity, train, session, validation, seed)
        return Trainer(session, network, attempt, checkpoint, identity, sparse=masks)

    with trained_weights(begin, training, output) as (trained, trainer):
        if metrics:
            write_record(
                metrics,
                {},
                PretrainColumns(dataset=trainer.batches.info.name, model=model, seed=seed, recipe=recipe),
                PruneColumns(
                    method=method, **parameters.record(), round=round_, target=str(target), target_sparsity=sparsity
                ),
                FinetuneColumns(finetune_epochs=0, val_accuracy_finetuned=trained.accuracy),
                training_columns(TrainingColumns(), training.epochs, trained, trainer.batches.device),
                tags=parse_settings(tag),
            )
    say(f"{method}, {target}: validation accuracy {trained.accuracy:.4f} after {trained.seconds:.1f} s -> {output}")


def _masks(
    network: nn.Module,
    method: str,
    parameters: SparseTrainingParameters,
    sparsity: float,
    train: Path,
    session: Session,
    validation: int,
    seed: int,
) -> SparseTraining:
    """The masks that training begins with. Random numbers are those of the seed alone."""
    import numpy as np

    from surp.sparse_training.training import SparseTraining
    from surp.train.calibration import calibration_images
    from surp.train.importance import measure
    from surp.train.session import evaluation_batches

    importance = None
    if parameters.images:
        images, info = calibration_images(train, parameters.images, validation, seed)
        importance = measure(parameters.measured, network, evaluation_batches(images, info, session.device))
    return SparseTraining(network, method, parameters, sparsity, np.random.default_rng([seed, 0]), importance)
